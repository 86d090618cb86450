#include <fmt/format.h>
#include <sys/utsname.h>

#include "cli/commands.h"
#include "cli/format_help.h"
#include "cli/output/object_format.h"
#include "cli/version.h"
#include "oci/platform.h"

namespace nacre::cli {

namespace {

struct Options {
  std::string format;
};

void declare(FlagSet& flags, Options& options) {
  flags.text(options.format, "format", 'f', "string", std::string(object_format_help));
}

// One program is both of docker's halves, so templates for either work.
oci::OrderedJson collect() {
  utsname names{};
  ::uname(&names);
  const oci::Platform host = oci::Platform::host();
  const oci::OrderedJson half = {
      {"Version", version_number()}, {"Os", host.os}, {"Arch", host.architecture}, {"KernelVersion", names.release}};
  return {{"Client", half}, {"Server", half}};
}

int run(Context& context, const Options& options, const std::vector<std::string>& /*arguments*/) {
  const oci::OrderedJson version = collect();
  if (options.format.empty()) {
    const auto& half = version["Client"];
    context.print(fmt::format("nacre\n Version:  {}\n OS/Arch:  {}/{}\n Kernel:   {}\n",
                              half["Version"].get<std::string>(), half["Os"].get<std::string>(),
                              half["Arch"].get<std::string>(), half["KernelVersion"].get<std::string>()));
    return 0;
  }
  context.print(format_objects(options.format, std::span(&version, 1)));
  return 0;
}

}  // namespace

Command version_command() {
  return make_command<Options>({.name = "version",
                                .aliases = {},
                                .usage = "[OPTIONS]",
                                .summary = "Show the version",
                                .description = {},
                                .min_arguments = 0,
                                .max_arguments = 0},
                               declare, run);
}

}  // namespace nacre::cli
