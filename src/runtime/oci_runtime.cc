#include "runtime/oci_runtime.h"

#include <charconv>
#include <cstdlib>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "base/subprocess.h"
#include "runtime/capabilities.h"
#include "runtime/seccomp.h"
#include "runtime/start_error.h"

namespace nacre::runtime {

namespace {

constexpr std::uint64_t max_log = 1024 * 1024;

// Why crun cannot work here; "" when it can.
std::string crun_obstacle(CgroupMode cgroups) {
  if (cgroups == CgroupMode::hybrid) {
    return "crun does not support hybrid cgroups";
  }
  if (cgroups == CgroupMode::v2 && !host_has_capability("CAP_SYS_RESOURCE")) {
    return "crun needs CAP_SYS_RESOURCE on cgroup v2, which this host withholds";
  }
  return {};
}

void choose(HostRuntime& host) {
  if (const char* forced = std::getenv("NACRE_RUNTIME"); forced != nullptr && *forced != '\0') {
    const auto path = find_program(forced);
    host.reason =
        path ? "chosen by NACRE_RUNTIME" : fmt::format("NACRE_RUNTIME names '{}', which is not a program", forced);
    if (path) {
      host.path = *path;
      host.name = host.path.filename();
    }
    return;
  }
  const auto crun = find_program("crun");
  const auto runc = find_program("runc");
  const std::string obstacle = crun_obstacle(host.cgroups);
  if (crun && obstacle.empty()) {
    host.name = "crun";
    host.path = *crun;
    host.reason = "crun starts containers fastest";
  } else if (runc) {
    host.name = "runc";
    host.path = *runc;
    host.reason = crun ? obstacle : "crun is not installed";
  } else {
    host.reason = crun ? fmt::format("{}; install runc", obstacle) : "no OCI runtime found; install runc or crun";
  }
}

fs::path private_directory(const fs::path& path) {
  make_directories(path, 0700);
  return path;
}

Command command_of(std::vector<std::string> argv) {
  Command command;
  command.argv = std::move(argv);
  return command;
}

pid_t read_pid(const fs::path& file) {
  const std::string text = read_file(file, 64);
  pid_t pid = 0;
  const auto [end, result] = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (result != std::errc{} || pid <= 0) {
    throw Error(Code::internal, fmt::format("read {}: no process ID", file.native()));
  }
  return pid;
}

}  // namespace

HostRuntime choose_runtime(const HostCgroups& cgroups) {
  HostRuntime host;
  host.cgroups = cgroups.mode();
  choose(host);
  return host;
}

HostRuntime describe_runtime() {
  HostRuntime host = choose_runtime(HostCgroups());
  if (!host.name.empty()) {
    // "runc version 1.1.5+ds1\n...": the third word.
    const std::string output = run_captured(command_of({host.path.native(), "--version"})).output;
    const std::string_view first_line = std::string_view(output).substr(0, output.find('\n'));
    host.version = first_line.substr(first_line.find_last_of(' ') + 1);
  }
  const auto profile = find_seccomp_profile();
  host.seccomp_profile = profile ? profile->native() : "none: install golang-github-containers-common";
  return host;
}

OciRuntime::OciRuntime(HostRuntime host, fs::path state_directory)
    : host_(std::move(host)), state_(std::move(state_directory)) {
  if (host_.name.empty()) {
    throw Error(Code::unsupported, host_.reason);
  }
}

fs::path OciRuntime::default_state_directory() {
  const char* user_directory = std::getenv("XDG_RUNTIME_DIR");
  if (::geteuid() != 0 && user_directory != nullptr) {
    return fs::path(user_directory) / "nacre";
  }
  return "/run/nacre";
}

pid_t OciRuntime::start(const std::string& id, const fs::path& bundle, const Streams& streams,
                        const fs::path& console_socket) const {
  const fs::path log = bundle / "runtime.log";
  const fs::path pid_file = bundle / "pid";
  Command command =
      command_of({host_.path.native(), "--root", private_directory(state_), "--log", log.native(), "--log-format",
                  "json", "run", "--detach", "--pid-file", pid_file.native(), "--bundle", bundle.native()});
  if (!console_socket.empty()) {
    command.argv.insert(command.argv.end(), {"--console-socket", console_socket.native()});
  }
  command.argv.push_back(id);
  command.standard_input = streams.standard_input;
  command.standard_output = streams.standard_output;
  command.standard_error = streams.standard_error;
  command.die_with_parent = true;
  const ExitStatus status = Child::spawn(command).wait();
  if (status.shell_code() == 0) {
    return read_pid(pid_file);
  }
  const std::string reason = path_exists(log) ? last_error_of(read_file(log, max_log)) : std::string();
  destroy(id, HostCgroups());
  if (reason.empty() && status.signal != 0) {
    throw start_error_of(fmt::format("{} was killed by signal {}", host_.name, status.signal));
  }
  throw start_error_of(reason);
}

fs::path OciRuntime::console_socket(const std::string& id) const {
  return private_directory(state_) / fmt::format("tty-{}", id.substr(0, 12));
}

// Both runtimes keep a container's state in a directory of its name, and nothing else but its cgroup is left once its
// processes are gone. Removing both here saves starting the runtime a second time for every container.
void OciRuntime::forget(const std::string& id, const HostCgroups& cgroups) const {
  remove_tree(state_ / id);
  remove_file(console_socket(id));
  cgroups.destroy(container_cgroup(id));
}

void OciRuntime::destroy(const std::string& id, const HostCgroups& cgroups) const noexcept {
  try {
    if (path_exists(state_ / id)) {
      run_captured(command_of({host_.path.native(), "--root", state_.native(), "delete", "--force", id}));
    }
    forget(id, cgroups);
  } catch (const std::exception&) {
    // Best effort: what is left is tried again by the next run.
  }
}

}  // namespace nacre::runtime
