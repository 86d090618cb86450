#include "cli/program.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/output/text.h"
#include "cli/version.h"

namespace nacre::cli {

namespace {

constexpr int cancelled_status = 130;

// What may stand before the command.
struct BeforeCommand {
  GlobalOptions options{default_root(), default_driver()};
  bool help = false;
  bool version = false;
};

FlagSet declare_global_flags(BeforeCommand& before) {
  FlagSet flags;
  flags.text(before.options.root, "root", '\0', "string", "Folder of the store ($NACRE_ROOT)");
  flags.text(before.options.driver, "driver", '\0', "string",
             "How layers become a root file system: erofs or extract ($NACRE_DRIVER)");
  flags.toggle(before.help, "help", 'h', "Print this text");
  flags.toggle(before.version, "version", 'v', "Print version information and quit");
  return flags;
}

// A stack of 500 layers has 500 files open at once.
void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
}

bool has_name(const Command& command, std::string_view name) {
  const auto& aliases = command.info.aliases;
  return command.info.name == name || std::ranges::find(aliases, name) != aliases.end();
}

const Command* find_command(std::string_view name) {
  for (const auto& command : all_commands()) {
    if (has_name(command, name)) {
      return &command;
    }
  }
  return nullptr;
}

const CommandGroup* find_group(std::string_view name) {
  for (const auto& group : all_groups()) {
    if (group.name == name) {
      return &group;
    }
  }
  return nullptr;
}

// A command, under the name that was typed, and what follows it.
struct Selected {
  const Command* command;
  std::vector<std::string> rest;
};

void require_argument_count(const CommandInfo& info, std::size_t count) {
  const auto n = static_cast<int>(count);
  const auto plural = [](int number) { return number == 1 ? "argument" : "arguments"; };
  std::string wants;
  if (info.min_arguments == info.max_arguments && n != info.min_arguments) {
    wants = info.min_arguments == 0 ? "accepts no arguments"
                                    : fmt::format("requires {} {}", info.min_arguments, plural(info.min_arguments));
  } else if (n < info.min_arguments) {
    wants = fmt::format("requires at least {} {}", info.min_arguments, plural(info.min_arguments));
  } else if (info.max_arguments != any_number && n > info.max_arguments) {
    wants = fmt::format("requires at most {} {}", info.max_arguments, plural(info.max_arguments));
  } else {
    return;
  }
  throw UsageError{fmt::format("nacre: 'nacre {}' {}", info.name, wants), 1};
}

// The command's flags and --help; -h too, unless the command means something else by it.
FlagSet with_help(FlagSet flags, bool& wanted) {
  const bool taken = std::ranges::any_of(flags.flags(), [](const Flag& flag) { return flag.shorthand == 'h'; });
  flags.toggle(wanted, "help", taken ? '\0' : 'h', "Print usage");
  return flags;
}

int run_command(const Selected& selected, Context& context) {
  const CommandInfo& info = selected.command->info;
  const auto bound = selected.command->bind();
  try {
    bool help = false;
    const auto arguments = with_help(bound->flags(), help).parse(selected.rest, info.interspersed);
    if (help) {
      context.print(command_help(info, bound->flags(), terminal_width()));
      return 0;
    }
    require_argument_count(info, arguments.size());
    return bound->run(context, arguments);
  } catch (const UsageError& error) {
    context.print_error(error.message + "\n" + usage_hint(info));
    return error.exit_status;
  }
}

int unknown_command(Context& context, const std::string& name) {
  context.print_error(
      fmt::format("nacre: unknown command: nacre {}\n\nRun 'nacre --help' for more information\n", name));
  return 1;
}

// "image ls", "images": one or two words.
int dispatch(const std::vector<std::string>& words, Context& context) {
  if (const CommandGroup* group = find_group(words[0])) {
    if (words.size() == 1 || words[1] == "--help" || words[1] == "-h") {
      context.print(group_help(*group, all_commands()));
      return 0;
    }
    if (const Command* command = find_command(words[0] + " " + words[1])) {
      return run_command({command, {words.begin() + 2, words.end()}}, context);
    }
    return unknown_command(context, words[0] + " " + words[1]);
  }
  if (const Command* command = find_command(words[0])) {
    return run_command({command, {words.begin() + 1, words.end()}}, context);
  }
  return unknown_command(context, words[0]);
}

int parse_and_dispatch(const std::vector<std::string>& arguments, const CancelToken& cancel) {
  BeforeCommand before;
  const FlagSet flags = declare_global_flags(before);
  std::vector<std::string> words;
  try {
    words = flags.parse(arguments, Interspersed::no);
  } catch (const UsageError& error) {
    std::fprintf(stderr, "%s\nRun 'nacre --help' for more information\n", error.message.c_str());
    return error.exit_status;
  }
  Context context(std::move(before.options), cancel);
  if (before.version) {
    context.print(version_line() + "\n");
    return 0;
  }
  if (before.help || words.empty()) {
    context.print(program_help(all_commands(), all_groups(), flags, terminal_width()));
    return 0;
  }
  if (words[0] == "help") {
    words.erase(words.begin());
    words.emplace_back("--help");
    return words.size() == 1 ? parse_and_dispatch({"--help"}, cancel) : dispatch(words, context);
  }
  return dispatch(words, context);
}

}  // namespace

FlagSet global_flags() {
  static BeforeCommand shown;  // for the texts only; nobody parses with it
  return declare_global_flags(shown);
}

int run_program(const std::vector<std::string>& arguments) {
  ::signal(SIGPIPE, SIG_IGN);
  raise_file_limit();
  const CancelToken cancel = CancelToken::from_signals();
  try {
    return parse_and_dispatch(arguments, cancel);
  } catch (const Cancelled&) {
    return cancelled_status;
  } catch (const Error& error) {
    std::fprintf(stderr, "nacre: %s\n", error.what());
    return exit_status(error.code());
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "nacre: out of memory\n");
    return 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "nacre: internal error: %s\n", error.what());
    return exit_status(Code::internal);
  }
}

}  // namespace nacre::cli
