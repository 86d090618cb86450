// Completion scripts and man pages, made from the command table.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "cli/help.h"

namespace nacre::cli {

enum class Shell { bash, zsh, fish };

// A script to be sourced by the shell. It asks nacre for image names, where an argument is one.
std::string completion_script(Shell shell, const std::vector<Command>& commands,
                              const std::vector<CommandGroup>& groups, const FlagSet& global_flags);

struct ManualPage {
  std::string file_name;  // "nacre-image-ls.1"
  std::string content;    // man(7) macros
};
// nacre.1 and one page a command.
std::vector<ManualPage> manual_pages(const std::vector<Command>& commands, const std::vector<CommandGroup>& groups,
                                     const FlagSet& global_flags);

}  // namespace nacre::cli
