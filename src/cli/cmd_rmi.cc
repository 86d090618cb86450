#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/removal_text.h"
#include "image/remove.h"

namespace nacre::cli {

namespace {

struct RmiOptions {
  bool force = false;
  bool no_prune = false;
};

void declare(FlagSet& flags, RmiOptions& options) {
  flags.toggle(options.force, "force", 'f', "Force removal of the image");
  flags.toggle(options.no_prune, "no-prune", '\0', "Do not delete untagged parents");
}

int run(Context& context, const RmiOptions& options, const std::vector<std::string>& arguments) {
  const auto force = options.force ? image::Force::yes : image::Force::no;
  const auto prune = options.no_prune ? store::PruneUntagged::no : store::PruneUntagged::yes;
  int status = 0;
  for (const auto& argument : arguments) {
    try {
      context.print(removal_text(image::remove_image(context.store(), argument, force, prune), EventCase::title));
    } catch (const Error& error) {
      // The others still go; with --force a name that is not there is no failure, as docker has it.
      context.print_error(fmt::format("nacre: {}\n", error.what()));
      if (!(options.force && error.code() == Code::not_found)) {
        status = 1;
      }
    }
  }
  return status;
}

}  // namespace

Command rmi_command() {
  return make_command<RmiOptions>({.name = "rmi",
                                   .aliases = {"image rm", "image remove"},
                                   .usage = "[OPTIONS] IMAGE [IMAGE...]",
                                   .summary = "Remove one or more images",
                                   .description = {},
                                   .min_arguments = 1},
                                  declare, run);
}

}  // namespace nacre::cli
