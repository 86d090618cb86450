#include "runtime/run_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include "base/error.h"
#include "base/subprocess.h"
#include "runtime/capabilities.h"
#include "runtime/mount_paths.h"
#include "runtime/run.h"
#include "runtime/signals.h"
#include "runtime/terminal.h"

namespace nacre::runtime {

namespace {

std::string working_directory_of(const RunOptions& options, const oci::ContainerDefaults& defaults) {
  const std::string& wanted = options.working_directory.empty() ? defaults.working_dir : options.working_directory;
  if (wanted.empty()) {
    return "/";
  }
  if (!wanted.starts_with('/')) {
    throw Error(Code::invalid_argument,
                fmt::format("the working directory '{}' is invalid, it needs to be an absolute path", wanted));
  }
  return clean_absolute(wanted);
}

void set_memory(Limits& limits, std::uint64_t memory, const HostCgroups& cgroups, const RunOptions& options) {
  check_memory_limit(memory);
  if (memory == 0) {
    return;
  }
  if (!cgroups.has_controller("memory")) {
    options.warn(
        "Your kernel does not support memory limit capabilities or the cgroup is not mounted. Limitation discarded.");
    return;
  }
  limits.memory = memory;
  if (cgroups.counts_swap()) {
    limits.memory_and_swap = static_cast<std::int64_t>(2 * memory);  // docker's default: as much swap as memory
  } else {
    options.warn(
        "Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without "
        "swap.");
  }
}

Limits limits_of(const RunOptions& options, const HostCgroups& cgroups) {
  Limits limits;
  limits.ulimits = options.ulimits;
  if (options.memory) {
    set_memory(limits, *options.memory, cgroups, options);
  }
  if (options.nano_cpus && *options.nano_cpus != 0) {
    check_cpus(*options.nano_cpus, static_cast<unsigned>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN))));
    if (cgroups.has_controller("cpu")) {
      limits.nano_cpus = options.nano_cpus;
    } else {
      options.warn("Your kernel does not support CPU CFS quota or the cgroup is not mounted. Limitation discarded.");
    }
  }
  if (options.pids_limit && *options.pids_limit != 0) {
    if (cgroups.has_controller("pids")) {
      limits.pids = std::max<std::int64_t>(*options.pids_limit, -1);
    } else {
      options.warn(
          "Your kernel does not support PIDs limit capabilities or the cgroup is not mounted. PIDs limit discarded.");
    }
  }
  return limits;
}

std::string find_init_program() {
  // Static ones first: the others need libraries that an image may not have.
  for (const char* name : {"tini-static", "catatonit", "docker-init", "tini"}) {
    if (const auto path = find_program(name)) {
      return *path;
    }
  }
  throw Error(Code::unsupported, "--init: no init program on this host; install tini");
}

}  // namespace

NetworkMode parse_network(std::string_view text) {
  if (text == "none") {
    return NetworkMode::none;
  }
  if (text == "host") {
    return NetworkMode::host;
  }
  throw Error(Code::not_found, fmt::format("network {} not found; use none or host", text));
}

std::vector<std::string> process_arguments(const oci::ContainerDefaults& defaults, const RunOptions& options) {
  std::vector<std::string> arguments;
  if (options.entrypoint) {
    if (!options.entrypoint->empty()) {
      arguments.push_back(*options.entrypoint);
    }
  } else if (defaults.entrypoint) {
    arguments = *defaults.entrypoint;
  }
  const bool image_command = options.command.empty() && !options.entrypoint && defaults.cmd;
  const std::vector<std::string>& command = image_command ? *defaults.cmd : options.command;
  arguments.insert(arguments.end(), command.begin(), command.end());
  if (arguments.empty()) {
    throw Error(Code::invalid_argument, "no command specified; give one after the image's name");
  }
  return arguments;
}

std::optional<std::string> platform_warning(const oci::Platform& image, const oci::Platform& host,
                                            PlatformChoice choice) {
  if (choice == PlatformChoice::requested || oci::platform_distance(host, image)) {
    return std::nullopt;
  }
  return fmt::format(
      "The requested image's platform ({}) does not match the detected host platform ({}) and no specific "
      "platform was requested",
      image.str(), host.str());
}

RunPlan plan_run(const RunOptions& options, const oci::ContainerDefaults& defaults, const HostCgroups& cgroups) {
  if (options.terminal == Terminal::yes && options.standard_input == Stdin::open && !is_terminal(STDIN_FILENO)) {
    throw StartError(1, "the input device is not a TTY");  // not 125: docker finds out before it asks for a container
  }
  RunPlan plan;
  plan.arguments = process_arguments(defaults, options);
  plan.command_text = fmt::format("{}", fmt::join(plan.arguments, " "));
  plan.user = options.user.empty() ? defaults.user : options.user;
  plan.working_directory = working_directory_of(options, defaults);
  plan.stop_signal = options.stop_signal.empty() ? defaults.stop_signal : options.stop_signal;
  if (!options.stop_signal.empty()) {
    plan.stop_signal = signal_name(parse_signal(options.stop_signal));
  }
  plan.capabilities = container_capabilities(options.cap_add, options.cap_drop, options.privilege);
  plan.limits = limits_of(options, cgroups);
  if (options.init == InitProcess::yes) {
    plan.init_program = find_init_program();
    plan.arguments.insert(plan.arguments.begin(), {init_target, "--"});
  }
  return plan;
}

}  // namespace nacre::runtime
