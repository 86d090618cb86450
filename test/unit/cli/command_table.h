// A small table of commands, for what is made from tables: help, completions, man pages.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/help.h"

namespace nacre::cli::test {

struct TableOptions {
  bool all = false;
  bool quiet = false;
  std::string format;
  std::vector<std::string> filters;
};

inline void declare_list_flags(FlagSet& flags, TableOptions& options) {
  flags.toggle(options.quiet, "quiet", 'q', "Only show IDs");
  flags.toggle(options.all, "all", 'a', "Show all, don't hide any");
  flags.list(options.filters, "filter", 'f', "filter", "Filter by conditions");
  flags.text(options.format, "format", '\0', "string", "Two lines:\n'json': as JSON\n.Field:  one field");
}
inline void declare_nothing(FlagSet& /*flags*/, TableOptions& /*options*/) {}
inline int do_nothing(Context& /*context*/, const TableOptions& /*options*/,
                      const std::vector<std::string>& /*arguments*/) {
  return 0;
}

inline std::vector<Command> command_table() {
  return {
      make_command<TableOptions>({.name = "pearl prune",
                                  .aliases = {},
                                  .usage = "[OPTIONS]",
                                  .summary = "Don't keep pearls",
                                  .description = {}},
                                 declare_list_flags, do_nothing),
      make_command<TableOptions>({.name = "pearls",
                                  .aliases = {"pearl ls", "pearl list"},
                                  .usage = "[OPTIONS] [NAME]",
                                  .summary = "List pearls",
                                  .description = "A pearl is what\n.nacre\\ makes."},
                                 declare_list_flags, do_nothing),
      make_command<TableOptions>(
          {.name = "dive", .aliases = {}, .usage = "DEPTH", .summary = "Look for pearls", .description = {}},
          declare_nothing, do_nothing),
      make_command<TableOptions>(
          {.name = "secret", .aliases = {}, .usage = "", .summary = {}, .description = "Not for people."},
          declare_nothing, do_nothing),
  };
}

inline std::vector<CommandGroup> group_table() {
  return {{"pearl", "Manage pearls"}};
}

}  // namespace nacre::cli::test
