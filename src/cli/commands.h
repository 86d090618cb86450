// The one table of commands.
#pragma once

#include <vector>

#include "cli/command.h"
#include "cli/help.h"

namespace nacre::cli {

// In the order of their names.
const std::vector<Command>& all_commands();
const std::vector<CommandGroup>& all_groups();

// Each stands in cmd_<name>.cc.
Command cat_command();
Command completion_command();
Command copy_command();
Command cp_command();
Command diff_command();
Command history_command();
Command image_inspect_command();
Command image_prune_command();
Command images_command();
Command import_command();
Command info_command();
Command inspect_command();
Command load_command();
Command ls_command();
Command login_command();
Command logout_command();
Command manifest_inspect_command();
Command manual_command();
Command pull_command();
Command push_command();
Command rmi_command();
Command run_command();
Command save_command();
Command search_command();
Command store_check_command();
Command system_df_command();
Command tag_command();
Command tags_command();
Command version_command();

}  // namespace nacre::cli
