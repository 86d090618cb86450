// Help texts, in docker's layout.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"

namespace nacre::cli {

// A word that only groups commands ("image").
struct CommandGroup {
  std::string name;
  std::string summary;
};

// width: of the terminal, in columns.
std::string command_help(const CommandInfo& info, const FlagSet& flags, int width);
std::string group_help(const CommandGroup& group, const std::vector<Command>& commands);
std::string program_help(const std::vector<Command>& commands, const std::vector<CommandGroup>& groups,
                         const FlagSet& global_flags, int width);
// The lines below an error message.
std::string usage_hint(const CommandInfo& info);

// The flags as an aligned list, help texts wrapped to the width.
std::string flag_lines(const FlagSet& flags, int width);

}  // namespace nacre::cli
