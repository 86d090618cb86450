#include <charconv>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/image_path.h"
#include "image/lookup.h"
#include "runtime/environment.h"
#include "runtime/limits.h"
#include "runtime/mount_flags.h"
#include "runtime/run.h"
#include "runtime/signals.h"

namespace nacre::cli {

namespace {

struct Options {
  bool interactive = false, tty = false, remove = false, read_only = false, privileged = false, init = false;
  std::vector<std::string> environment, environment_files;
  std::optional<std::string> entrypoint, platform;
  std::string network = "none";
  runtime::RunOptions run;
};

// A flag whose value a parser of runtime/ reads at once, so that a bad one is an error of the flag.
template <class Take>
void parsed(FlagSet& flags, std::string name, char shorthand, std::string type, std::string help, Take take) {
  flags.add({std::move(name), shorthand, std::move(type), std::move(help), "", std::move(take)});
}

std::int64_t parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw Error(Code::invalid_argument, fmt::format("strconv.ParseInt: parsing \"{}\": invalid syntax", text));
  }
  return value;
}

void declare_process_flags(FlagSet& flags, Options& options) {
  flags.toggle(options.interactive, "interactive", 'i', "Keep STDIN open even if not attached");
  flags.toggle(options.tty, "tty", 't', "Allocate a pseudo-TTY");
  flags.toggle(options.remove, "rm", '\0',
               "Automatically remove the container and its associated anonymous volumes when it exits");
  flags.list(options.environment, "env", 'e', "list", "Set environment variables");
  flags.list(options.environment_files, "env-file", '\0', "list", "Read in a file of environment variables");
  flags.text(options.run.working_directory, "workdir", 'w', "string", "Working directory inside the container");
  flags.text(options.run.user, "user", 'u', "string", "Username or UID (format: <name|uid>[:<group|gid>])");
  flags.text(options.run.hostname, "hostname", 'h', "string", "Container host name");
  flags.text(options.run.name, "name", '\0', "string", "Assign a name to the container");
  flags.text(options.platform, "platform", '\0', "string", "Run the image of this platform");
  flags.text(options.entrypoint, "entrypoint", '\0', "string", "Overwrite the default ENTRYPOINT of the image");
  flags.toggle(options.init, "init", '\0',
               "Run an init inside the container that forwards signals and reaps processes");
  flags.text(options.network, "network", '\0', "network", "Connect a container to a network: none or host");
  parsed(flags, "stop-signal", '\0', "string", "Signal to stop the container", [&options](std::string_view text) {
    runtime::parse_signal(text);
    options.run.stop_signal = text;
  });
}

void declare_isolation_flags(FlagSet& flags, Options& options) {
  runtime::RunOptions& run = options.run;
  parsed(flags, "volume", 'v', "list", "Bind mount a volume",
         [&run](std::string_view text) { run.mounts.push_back(runtime::parse_volume_flag(text)); });
  parsed(flags, "mount", '\0', "mount", "Attach a filesystem mount to the container",
         [&run](std::string_view text) { run.mounts.push_back(runtime::parse_mount_flag(text)); });
  parsed(flags, "tmpfs", '\0', "list", "Mount a tmpfs directory",
         [&run](std::string_view text) { run.mounts.push_back(runtime::parse_tmpfs_flag(text)); });
  flags.toggle(options.read_only, "read-only", '\0', "Mount the container's root filesystem as read only");
  flags.list(run.cap_add, "cap-add", '\0', "list", "Add Linux capabilities");
  flags.list(run.cap_drop, "cap-drop", '\0', "list", "Drop Linux capabilities");
  flags.toggle(options.privileged, "privileged", '\0', "Give extended privileges to this container");
  parsed(flags, "ulimit", '\0', "ulimit", "Ulimit options",
         [&run](std::string_view text) { run.ulimits.push_back(runtime::parse_ulimit(text)); });
  parsed(flags, "memory", 'm', "bytes", "Memory limit",
         [&run](std::string_view text) { run.memory = runtime::parse_memory_size(text); });
  parsed(flags, "cpus", '\0', "decimal", "Number of CPUs",
         [&run](std::string_view text) { run.nano_cpus = runtime::parse_cpus(text); });
  parsed(flags, "pids-limit", '\0', "int", "Tune container pids limit (set -1 for unlimited)",
         [&run](std::string_view text) { run.pids_limit = parse_integer(text); });
}

void declare(FlagSet& flags, Options& options) {
  declare_process_flags(flags, options);
  declare_isolation_flags(flags, options);
}

runtime::RunOptions finished(const Options& options, const std::vector<std::string>& arguments) {
  runtime::RunOptions run = options.run;
  run.image_name = arguments[0];
  run.command.assign(arguments.begin() + 1, arguments.end());
  run.entrypoint = options.entrypoint;
  run.standard_input = options.interactive ? runtime::Stdin::open : runtime::Stdin::closed;
  run.terminal = options.tty ? runtime::Terminal::yes : runtime::Terminal::no;
  run.after_exit = options.remove ? runtime::AfterExit::remove : runtime::AfterExit::keep;
  run.root_access = options.read_only ? runtime::RootAccess::read_only : runtime::RootAccess::read_write;
  run.privilege = options.privileged ? runtime::Privilege::privileged : runtime::Privilege::normal;
  run.init = options.init ? runtime::InitProcess::yes : runtime::InitProcess::no;
  run.network = runtime::parse_network(options.network);
  run.platform = options.platform ? runtime::PlatformChoice::requested : runtime::PlatformChoice::host;
  for (const auto& file : options.environment_files) {
    const auto variables = runtime::read_env_file(file);
    run.environment.insert(run.environment.end(), variables.begin(), variables.end());
  }
  for (const auto& variable : options.environment) {
    run.environment.push_back(runtime::parse_env_flag(variable));
  }
  return run;
}

int run(Context& context, const Options& options, const std::vector<std::string>& arguments) {
  try {
    runtime::RunOptions run_options = finished(options, arguments);
    run_options.warn = [&context](std::string_view text) { context.print_error(fmt::format("WARNING: {}\n", text)); };
    const auto found = image::get(context.store(), arguments[0], parse_platform(options.platform));
    const auto config = image::read_config(context.store(), found.image.id);
    return runtime::run_container(context.store(), context.snapshotter(), found, config, run_options, context.cancel());
  } catch (const Error& error) {
    context.print_error(fmt::format("nacre: {}\n", error.what()));
    return runtime::run_exit_status(error);
  }
}

}  // namespace

Command run_command() {
  return make_command<Options>({.name = "run",
                                .aliases = {"container run"},
                                .usage = "[OPTIONS] IMAGE [COMMAND] [ARG...]",
                                .summary = "Create and run a new container from an image",
                                .description = "Runs in the foreground and exits as the process does; 125 when nacre "
                                               "fails, 126 when the command cannot be\n"
                                               "invoked, 127 when it is not found.",
                                .min_arguments = 1,
                                .interspersed = Interspersed::no},
                               declare, run);
}

}  // namespace nacre::cli
