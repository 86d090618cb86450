#include "cli/commands.h"

namespace nacre::cli {

const std::vector<Command>& all_commands() {
  static const std::vector<Command> commands = {
      cat_command(),
      completion_command(),
      copy_command(),
      cp_command(),
      diff_command(),
      history_command(),
      images_command(),
      image_inspect_command(),
      image_prune_command(),
      import_command(),
      info_command(),
      inspect_command(),
      load_command(),
      login_command(),
      logout_command(),
      ls_command(),
      manifest_inspect_command(),
      manual_command(),
      pull_command(),
      push_command(),
      rmi_command(),
      run_command(),
      save_command(),
      search_command(),
      store_check_command(),
      system_df_command(),
      tag_command(),
      tags_command(),
      version_command(),
  };
  return commands;
}

const std::vector<CommandGroup>& all_groups() {
  static const std::vector<CommandGroup> groups = {
      {"container", "Manage containers"},
      {"image", "Manage images"},
      {"manifest", "Look at image manifests in registries"},
      {"store", "Look after the store"},
      {"system", "Manage nacre"},
  };
  return groups;
}

}  // namespace nacre::cli
