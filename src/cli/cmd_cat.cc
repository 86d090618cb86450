#include <unistd.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/image_path.h"
#include "cli/print_sink.h"
#include "image/files.h"
#include "image/lookup.h"

namespace nacre::cli {

namespace {

struct CatOptions {
  std::optional<std::string> platform;
};

void declare(FlagSet& flags, CatOptions& options) {
  flags.text(options.platform, "platform", '\0', "string", "Look into the image of this platform");
}

int run(Context& context, const CatOptions& options, const std::vector<std::string>& arguments) {
  PrintSink output(context);
  for (const auto& argument : arguments) {
    const ImagePath where = parse_image_path(argument, PathPart::required);
    const auto found = image::get(context.store(), where.image, parse_platform(options.platform));
    const auto files = image::ImageFiles::open(context.store(), found.image, context.cancel());
    const auto located = files.locate(where.path, tree::FollowLast::yes);
    with_context(argument, [&] { files.read(located.inode, output, context.cancel()); });
  }
  return 0;
}

}  // namespace

Command cat_command() {
  return make_command<CatOptions>({.name = "cat",
                                   .aliases = {"image cat"},
                                   .usage = "[OPTIONS] IMAGE:PATH [IMAGE:PATH...]",
                                   .summary = "Print files of an image, without running it",
                                   .description = {},
                                   .min_arguments = 1},
                                  declare, run);
}

}  // namespace nacre::cli
