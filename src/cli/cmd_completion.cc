#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/program.h"

namespace nacre::cli {

namespace {

struct NoOptions {};

void declare(FlagSet& /*flags*/, NoOptions& /*options*/) {}

Shell parse_shell(const std::string& name) {
  if (name == "bash") {
    return Shell::bash;
  }
  if (name == "zsh") {
    return Shell::zsh;
  }
  if (name == "fish") {
    return Shell::fish;
  }
  throw Error(Code::invalid_argument, fmt::format("no completion for '{}': use bash, zsh or fish", name));
}

int run_completion(Context& context, const NoOptions& /*options*/, const std::vector<std::string>& arguments) {
  context.print(completion_script(parse_shell(arguments[0]), all_commands(), all_groups(), global_flags()));
  return 0;
}

int run_manual(Context& /*context*/, const NoOptions& /*options*/, const std::vector<std::string>& arguments) {
  const fs::path directory = arguments[0];
  make_directories(directory);
  for (const auto& page : manual_pages(all_commands(), all_groups(), global_flags())) {
    write_file_atomically(directory / page.file_name, page.content);
  }
  return 0;
}

}  // namespace

Command completion_command() {
  return make_command<NoOptions>({.name = "completion",
                                  .aliases = {},
                                  .usage = "bash|zsh|fish",
                                  .summary = "Print a completion script for a shell",
                                  .description = {},
                                  .min_arguments = 1,
                                  .max_arguments = 1},
                                 declare, run_completion);
}

// Has no summary, and so is not listed: packages call it.
Command manual_command() {
  return make_command<NoOptions>({.name = "manual",
                                  .aliases = {},
                                  .usage = "DIRECTORY",
                                  .summary = {},
                                  .description = "Writes the man pages.",
                                  .min_arguments = 1,
                                  .max_arguments = 1},
                                 declare, run_manual);
}

}  // namespace nacre::cli
