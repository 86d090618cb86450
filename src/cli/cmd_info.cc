#include <algorithm>
#include <sstream>

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/format_help.h"
#include "cli/output/object_format.h"
#include "cli/output/units.h"
#include "cli/version.h"
#include "runtime/oci_runtime.h"

namespace nacre::cli {

namespace {

struct Options {
  std::string format;
};

void declare(FlagSet& flags, Options& options) {
  flags.text(options.format, "format", 'f', "string", std::string(object_format_help));
}

// PRETTY_NAME of os-release(5).
std::string operating_system() {
  constexpr std::string_view key = "PRETTY_NAME=";
  constexpr std::uint64_t more_than_any = 64 * 1024;
  if (!path_exists("/etc/os-release")) {
    return "unknown";
  }
  std::istringstream release(read_file("/etc/os-release", more_than_any));
  for (std::string line; std::getline(release, line);) {
    if (line.starts_with(key)) {
      std::string name = line.substr(key.size());
      std::erase(name, '"');
      return name;
    }
  }
  return "unknown";
}

struct Machine {
  std::string kernel, architecture, name;
  long cpus = 0;
  std::uint64_t memory = 0;
};

Machine describe_machine() {
  utsname names{};
  ::uname(&names);
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long page_size = ::sysconf(_SC_PAGESIZE);
  return {names.release, names.machine, names.nodename, ::sysconf(_SC_NPROCESSORS_ONLN),
          static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page_size)};
}

std::string_view cgroup_text(runtime::CgroupMode mode) {
  switch (mode) {
    case runtime::CgroupMode::v1:
      return "1";
    case runtime::CgroupMode::v2:
      return "2";
    case runtime::CgroupMode::hybrid:
      return "1 (hybrid)";
    case runtime::CgroupMode::none:
      return "none";
  }
  return "none";
}

oci::OrderedJson collect(Context& context) {
  const store::Store& store = context.store();
  const auto containers = store.containers();
  const auto running =
      std::ranges::count_if(containers, [](const auto& container) { return container.state == "running"; });
  const auto driver = context.driver();
  const auto runtime = runtime::describe_runtime();
  const Machine machine = describe_machine();
  return {{"Containers", containers.size()},
          {"ContainersRunning", running},
          {"ContainersPaused", 0},
          {"ContainersStopped", static_cast<std::int64_t>(containers.size()) - running},
          {"Images", store.images().size()},
          {"ServerVersion", version_number()},
          {"Driver", driver.name == snapshot::DriverName::erofs ? "erofs" : "extract"},
          {"DriverReason", driver.reason},
          {"DefaultRuntime", runtime.name},
          {"RuntimeVersion", runtime.version},
          {"RuntimeReason", runtime.reason},
          {"SeccompProfile", runtime.seccomp_profile},
          {"CgroupVersion", cgroup_text(runtime.cgroups)},
          {"KernelVersion", machine.kernel},
          {"OperatingSystem", operating_system()},
          {"OSType", "linux"},
          {"Architecture", machine.architecture},
          {"NCPU", machine.cpus},
          {"MemTotal", machine.memory},
          {"Name", machine.name},
          {"RootDir", store.layout().root().native()},
          {"DockerRootDir", store.layout().root().native()}};
}

std::string text_of(const oci::OrderedJson& info) {
  const auto word = [&](const char* field) { return info.at(field).get<std::string>(); };
  const auto number = [&](const char* field) { return info.at(field).get<std::int64_t>(); };
  std::string text =
      fmt::format("Containers: {}\n Running: {}\n Stopped: {}\nImages: {}\nVersion: {}\n", number("Containers"),
                  number("ContainersRunning"), number("ContainersStopped"), number("Images"), word("ServerVersion"));
  text += fmt::format("Storage Driver: {}\n Reason: {}\n", word("Driver"), word("DriverReason"));
  text += fmt::format("Runtime: {} {}\n Reason: {}\n Seccomp Profile: {}\n", word("DefaultRuntime"),
                      word("RuntimeVersion"), word("RuntimeReason"), word("SeccompProfile"));
  text += fmt::format("Cgroup Version: {}\nKernel Version: {}\nOperating System: {}\nOSType: {}\nArchitecture: {}\n",
                      word("CgroupVersion"), word("KernelVersion"), word("OperatingSystem"), word("OSType"),
                      word("Architecture"));
  text += fmt::format("CPUs: {}\nTotal Memory: {}\nName: {}\nRoot Dir: {}\n", number("NCPU"),
                      human_size_binary(static_cast<double>(number("MemTotal"))), word("Name"), word("RootDir"));
  return text;
}

int run(Context& context, const Options& options, const std::vector<std::string>& /*arguments*/) {
  const oci::OrderedJson info = collect(context);
  if (options.format.empty()) {
    context.print(text_of(info));
    return 0;
  }
  context.print(format_objects(options.format, std::span(&info, 1)));
  return 0;
}

}  // namespace

Command info_command() {
  return make_command<Options>({.name = "info",
                                .aliases = {"system info"},
                                .usage = "[OPTIONS]",
                                .summary = "Display system-wide information",
                                .description = {},
                                .min_arguments = 0,
                                .max_arguments = 0},
                               declare, run);
}

}  // namespace nacre::cli
