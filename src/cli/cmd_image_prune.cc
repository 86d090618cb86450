#include <iostream>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/filter_flag.h"
#include "cli/output/units.h"
#include "cli/removal_text.h"
#include "image/remove.h"

namespace nacre::cli {

namespace {

struct Options {
  bool all = false;
  bool force = false;
  std::vector<std::string> filters;
};

void declare(FlagSet& flags, Options& options) {
  flags.toggle(options.all, "all", 'a', "Remove all unused images, not just dangling ones");
  flags.toggle(options.force, "force", 'f', "Do not prompt for confirmation");
  filter_flag(flags, options.filters, '\0', "Provide filter values (e.g. \"until=<timestamp>\")");
}

bool confirmed(Context& context, std::string_view warning) {
  context.print(fmt::format("WARNING! {}\nAre you sure you want to continue? [y/N] ", warning));
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

int run(Context& context, const Options& options, const std::vector<std::string>& /*arguments*/) {
  image::ListFilters filters;
  for (const auto& text : options.filters) {
    filters.add_prune_filter(text);
  }
  if (options.all) {
    filters.dangling = false;
  }
  const std::string_view warning =
      filters.dangling == false ? "This will remove all images without at least one container associated to them."
                                : "This will remove all dangling images.";
  if (!options.force && !confirmed(context, warning)) {
    return 0;
  }
  const image::Removal removal = image::prune_images(context.store(), filters, context.cancel());
  if (!removal.events.empty()) {
    context.print("Deleted Images:\n" + removal_text(removal, EventCase::lower) + "\n");
  }
  context.print(fmt::format("Total reclaimed space: {}\n", human_size(static_cast<double>(removal.reclaimed))));
  return 0;
}

}  // namespace

Command image_prune_command() {
  return make_command<Options>({.name = "image prune",
                                .aliases = {},
                                .usage = "[OPTIONS]",
                                .summary = "Remove unused images",
                                .description = "The space given back is measured, not estimated.",
                                .min_arguments = 0,
                                .max_arguments = 0},
                               declare, run);
}

}  // namespace nacre::cli
