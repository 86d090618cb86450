#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/format_help.h"
#include "cli/image_path.h"
#include "cli/output/image_shape.h"
#include "cli/output/object_format.h"
#include "image/inspect.h"
#include "image/lookup.h"

namespace nacre::cli {

namespace {

struct InspectOptions {
  std::optional<std::string> format;
  std::optional<std::string> platform;
  std::string type;
  bool size = false;
};

void declare_image(FlagSet& flags, InspectOptions& options) {
  flags.text(options.format, "format", 'f', "string", std::string(object_format_help));
  flags.text(options.platform, "platform", '\0', "string", "Inspect the image of this platform");
}

void declare_any(FlagSet& flags, InspectOptions& options) {
  declare_image(flags, options);
  flags.text(options.type, "type", '\0', "string", "Only inspect objects of the given type: image");
  flags.toggle(options.size, "size", 's', "Display total file sizes");
}

constexpr int bad_template_status = 64;  // docker's, of inspect alone

// The objects that exist, and what there is to say about the others.
struct Inspected {
  std::vector<oci::OrderedJson> objects;
  std::vector<std::string> problems;
};

Inspected inspect_all(Context& context, const InspectOptions& options, const std::vector<std::string>& names) {
  Inspected inspected;
  const std::string_view driver = context.snapshotter().name() == snapshot::DriverName::erofs ? "erofs" : "extract";
  for (const auto& name : names) {
    try {
      const auto found = image::get(context.store(), name, parse_platform(options.platform));
      inspected.objects.push_back(image::inspect_image(context.store(), found.image, driver));
    } catch (const Error& error) {
      inspected.problems.emplace_back(error.what());
    }
  }
  return inspected;
}

int inspect(Context& context, const InspectOptions& options, const std::vector<std::string>& arguments) {
  try {
    check_format(options.format.value_or(""), &image_inspect_shape());
  } catch (const Error& error) {
    context.print_error(fmt::format("nacre: {}\n", error.what()));
    return bad_template_status;
  }
  const Inspected inspected = inspect_all(context, options, arguments);
  context.print(format_inspected(options.format.value_or(""), inspected.objects, &image_inspect_shape()));
  for (const auto& problem : inspected.problems) {
    context.print_error(fmt::format("nacre: {}\n", problem));
  }
  return inspected.problems.empty() ? 0 : 1;
}

int inspect_any(Context& context, const InspectOptions& options, const std::vector<std::string>& arguments) {
  if (!options.type.empty() && options.type != "image") {
    throw Error(Code::invalid_argument, fmt::format("\"{}\" is not a valid value for --type: use image", options.type));
  }
  return inspect(context, options, arguments);
}

}  // namespace

Command inspect_command() {
  return make_command<InspectOptions>({.name = "inspect",
                                       .aliases = {},
                                       .usage = "[OPTIONS] NAME|ID [NAME|ID...]",
                                       .summary = "Return low-level information on nacre objects",
                                       .description = {},
                                       .min_arguments = 1},
                                      declare_any, inspect_any);
}

Command image_inspect_command() {
  return make_command<InspectOptions>({.name = "image inspect",
                                       .aliases = {},
                                       .usage = "[OPTIONS] IMAGE [IMAGE...]",
                                       .summary = "Display detailed information on one or more images",
                                       .description = {},
                                       .min_arguments = 1},
                                      declare_image, inspect);
}

}  // namespace nacre::cli
