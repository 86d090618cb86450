#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/image_path.h"
#include "cli/output/text.h"
#include "cli/print_sink.h"
#include "image/files.h"
#include "image/lookup.h"

namespace nacre::cli {

namespace {

struct CpOptions {
  bool archive = false;
  bool follow_link = false;
  bool quiet = false;
  std::optional<std::string> platform;
};

void declare(FlagSet& flags, CpOptions& options) {
  flags.toggle(options.archive, "archive", 'a', "Archive mode (copy all uid/gid information)");
  flags.toggle(options.follow_link, "follow-link", 'L', "Always follow symbol link in SRC_PATH");
  flags.toggle(options.quiet, "quiet", 'q', "Suppress progress output during copy");
  flags.text(options.platform, "platform", '\0', "string", "Copy from the image of this platform");
}

void copy_to_stdout(const image::ImageFiles& files, const std::string& path, tree::FollowLast follow,
                    Context& context) {
  if (is_terminal(STDOUT_FILENO)) {
    throw Error(Code::invalid_argument, "refusing to write a tar to a terminal; redirect the output");
  }
  PrintSink output(context);
  image::copy_out_as_tar(files, path, output, follow, context.cancel());
}

int run(Context& context, const CpOptions& options, const std::vector<std::string>& arguments) {
  const std::string& destination = arguments[1];
  if (is_image_path(destination) && !is_image_path(arguments[0])) {
    throw Error(Code::unsupported, "images do not change: copy files out of them, or build a new one");
  }
  const ImagePath source = parse_image_path(arguments[0], PathPart::required);
  const auto found = image::get(context.store(), source.image, parse_platform(options.platform));
  const auto files = image::ImageFiles::open(context.store(), found.image, context.cancel());
  const auto follow = options.follow_link ? tree::FollowLast::yes : tree::FollowLast::no;
  if (destination == "-") {
    copy_to_stdout(files, source.path, follow, context);
    return 0;
  }
  const auto owner = options.archive ? image::KeepOwner::yes : image::KeepOwner::no;
  image::copy_out(files, source.path, destination, follow, owner, context.cancel());
  if (!options.quiet && is_terminal(STDERR_FILENO)) {
    context.print_error(fmt::format("Successfully copied {} to {}\n", arguments[0], destination));
  }
  return 0;
}

}  // namespace

Command cp_command() {
  return make_command<CpOptions>(
      {.name = "cp",
       .aliases = {"image cp"},
       .usage = "[OPTIONS] IMAGE:SRC_PATH DEST_PATH|-",
       .summary = "Copy files out of an image, without running it",
       .description = "Use '-' as the destination to get a tar archive of the source on stdout.",
       .min_arguments = 2,
       .max_arguments = 2},
      declare, run);
}

}  // namespace nacre::cli
