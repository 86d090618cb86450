#include "runtime/run.h"

#include <array>
#include <functional>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "runtime/container_mounts.h"
#include "runtime/environment.h"
#include "runtime/oci_runtime.h"
#include "runtime/reap.h"
#include "runtime/root_paths.h"
#include "runtime/run_plan.h"
#include "runtime/seccomp.h"
#include "runtime/streams.h"
#include "runtime/supervise.h"
#include "runtime/terminal.h"
#include "runtime/watchdog.h"

namespace nacre::runtime {

namespace {

std::string hostname_of(const RunOptions& options, const Container& container) {
  if (!options.hostname.empty()) {
    return options.hostname;
  }
  if (options.network == NetworkMode::host) {
    std::array<char, 256> name{};
    ::gethostname(name.data(), name.size() - 1);
    return name.data();
  }
  return container.short_id();
}

std::optional<oci::OrderedJson> seccomp_of(const RunOptions& options, const RunPlan& plan) {
  if (options.privilege == Privilege::privileged) {
    return std::nullopt;
  }
  const auto profile = find_seccomp_profile();
  if (!profile) {
    options.warn(
        "no seccomp profile on this host: the container may use every system call; install "
        "golang-github-containers-common");
    return std::nullopt;
  }
  constexpr std::uint64_t max_profile = 1024 * 1024;
  return translate_seccomp(read_file(*profile, max_profile), plan.capabilities, SeccompHost::current());
}

std::vector<std::string> environment_of(const RunOptions& options, const oci::ContainerDefaults& defaults,
                                        const std::string& hostname, const ContainerUser& user) {
  const TermVariable term = options.terminal == Terminal::yes ? TermVariable::yes : TermVariable::no;
  std::vector<std::string> environment = merge_environment(defaults.env, options.environment, hostname, term);
  if (variable(environment, "HOME").empty()) {
    environment.push_back(fmt::format("HOME={}", user.home));
  }
  return environment;
}

SpecInput spec_input(const Container& container, const RunPlan& plan, const RunOptions& options,
                     const oci::ContainerDefaults& defaults, const HostCgroups& cgroups, const ContainerUser& user,
                     ContainerMounts& mounts) {
  SpecInput input;
  input.id = container.id();
  input.root = container.paths().root();
  input.root_access = options.root_access;
  input.arguments = plan.arguments;
  input.hostname = hostname_of(options, container);
  input.environment = environment_of(options, defaults, input.hostname, user);
  input.working_directory = plan.working_directory;
  input.user = user;
  input.terminal = options.terminal;
  input.terminal_size = terminal_size(STDOUT_FILENO);
  input.network = options.network;
  input.privilege = options.privilege;
  input.capabilities = plan.capabilities;
  input.seccomp = seccomp_of(options, plan);
  mounts.add_network_files(write_network_files(container.paths().directory(), options.network, input.hostname));
  if (!plan.init_program.empty()) {
    mounts.add_program(plan.init_program, init_target);
  }
  input.mounts = mounts.entries();
  input.limits = plan.limits;
  input.cgroups = cgroups.mode();
  input.stop_signal = plan.stop_signal;
  return input;
}

void write_spec(const fs::path& path, const SpecInput& input) {
  const Fd file = open_file(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  write_all(file, as_bytes(make_spec(input).dump()));
}

// A container whose process runs: killed, unless it has ended, when this goes.
class RunningContainer {
 public:
  RunningContainer(const OciRuntime& runtime, const HostCgroups& cgroups, const std::string& id, pid_t init)
      : runtime_(runtime), cgroups_(cgroups), id_(id), init_(init) {}
  RunningContainer(const RunningContainer&) = delete;
  RunningContainer& operator=(const RunningContainer&) = delete;
  ~RunningContainer() {
    if (init_ > 0) {
      runtime_.destroy(id_, cgroups_);
    }
  }

  ExitStatus wait(const HeldSignals& signals, const std::function<void()>& on_resize) {
    const ExitStatus status = supervise(init_, signals, on_resize);
    init_ = -1;
    runtime_.forget(id_, cgroups_);
    return status;
  }

 private:
  const OciRuntime& runtime_;
  const HostCgroups& cgroups_;
  const std::string& id_;
  pid_t init_;
};

// What both ways of running need.
struct Launch {
  const Container& container;
  const OciRuntime& runtime;
  const HostCgroups& cgroups;
  const RunOptions& options;

  RunningContainer start(const OciRuntime::Streams& streams, const fs::path& console_socket) const {
    return {runtime, cgroups, container.id(),
            runtime.start(container.id(), container.paths().directory(), streams, console_socket)};
  }
};

ExitStatus run_on_streams(const Launch& launch, std::uint32_t container_uid, const HeldSignals& signals) {
  Streams streams(launch.options.standard_input, container_uid);
  RunningContainer running = launch.start(streams.for_container(), {});
  streams.begin();
  const ExitStatus status = running.wait(signals, [] {});
  streams.finish();
  return status;
}

ExitStatus run_on_terminal(const Launch& launch, const HeldSignals& signals) {
  ConsoleSocket socket(launch.runtime.console_socket(launch.container.id()));
  const Fd null = open_file("/dev/null", O_RDWR);
  std::optional<RawMode> raw;
  std::optional<OutputRelay> output;
  std::optional<InputRelay> input;
  RunningContainer running = launch.start({null.get(), null.get(), null.get()}, socket.path());
  const Fd master = socket.receive_master();
  const auto follow_size = [&] {
    if (const auto size = terminal_size(STDOUT_FILENO)) {
      set_terminal_size(master.get(), *size);
    }
  };
  follow_size();  // it may have changed since the specification was written
  if (launch.options.standard_input == Stdin::open) {
    raw.emplace(STDIN_FILENO);
    input.emplace(STDIN_FILENO, master.duplicate());
  }
  output.emplace(master.duplicate(), STDOUT_FILENO);
  const ExitStatus status = running.wait(signals, follow_size);
  output->finish();
  return status;
}

// What must happen when this process is killed: the container ends with it, and a terminal in raw mode is usable again.
Watchdog guard(const Container& container, const OciRuntime& runtime, const HostCgroups& cgroups,
               const RunOptions& options) {
  std::optional<TerminalState> terminal;
  std::vector<int> keep_open;
  Fd copy;
  if (options.terminal == Terminal::yes && options.standard_input == Stdin::open) {
    copy = Fd::duplicate_of(STDIN_FILENO);
    terminal.emplace(copy.get());
    keep_open.push_back(copy.get());
  }
  return {[&] {
            if (terminal) {
              terminal->restore();
            }
            runtime.destroy(container.id(), cgroups);
          },
          keep_open};
}

}  // namespace

int run_container(store::Store& store, snapshot::Snapshotter& snapshotter, const image::Found& image,
                  const oci::ImageConfig& config, const RunOptions& options, const CancelToken& cancel) {
  const HostCgroups cgroups;
  const OciRuntime runtime(choose_runtime(cgroups), OciRuntime::default_state_directory());
  if (const auto warning = platform_warning(config.platform(), oci::Platform::host(), options.platform)) {
    options.warn(*warning);
  }
  const RunPlan plan = plan_run(options, config.defaults(), cgroups);
  // From here on every option is known to be good.

  reap_stale_containers(store, runtime, cgroups);
  Container container(store, image, options, plan.command_text);
  // The container is recorded: its image cannot go away, and its directory is ours alone.

  const Watchdog watchdog = guard(container, runtime, cgroups, options);
  snapshot::enter_private_mount_namespace();
  // Whatever is mounted now goes with this process, however it ends.

  const ExitStatus status = [&] {
    cancel.check();
    const ContainerRoot root(store, snapshotter, container.paths(), config.diff_ids(), options.after_exit, cancel);
    const ContainerUser user = look_up_user(root.directory(), plan.user);
    make_directory_inside(root.directory(), plan.working_directory);
    ContainerMounts mounts(store, snapshotter, container, root, options, config.defaults().volumes, cancel);
    write_spec(container.paths().spec(),
               spec_input(container, plan, options, config.defaults(), cgroups, user, mounts));
    // The bundle is complete: root file system and specification.

    cancel.check();
    const ChildSubreaper subreaper;
    const HeldSignals signals;
    const Launch launch = {container, runtime, cgroups, options};
    return options.terminal == Terminal::yes ? run_on_terminal(launch, signals)
                                             : run_on_streams(launch, user.uid, signals);
  }();
  // The process is gone, its output is written, and nothing is mounted any more.

  container.exited(status.shell_code());
  return status.shell_code();
}

}  // namespace nacre::runtime
