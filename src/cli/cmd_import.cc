#include "base/error.h"
#include "cli/commands.h"
#include "cli/image_path.h"
#include "image/import.h"

namespace nacre::cli {

namespace {

struct Options {
  std::vector<std::string> changes;
  std::string message;
  std::optional<std::string> platform;
};

void declare(FlagSet& flags, Options& options) {
  flags.list(options.changes, "change", 'c', "list", "Apply Dockerfile instruction to the created image");
  flags.text(options.message, "message", 'm', "string", "Set commit message for imported image");
  flags.text(options.platform, "platform", '\0', "string", "Set platform of the image");
}

int run(Context& context, const Options& options, const std::vector<std::string>& arguments) {
  image::ImportOptions import{options.changes, options.message, parse_platform(options.platform), std::nullopt};
  if (arguments.size() > 1) {
    import.name = oci::Reference::parse(arguments[1]);
  }
  const oci::Digest id = image::import_source(context.store(), arguments[0], import, {}, context.cancel());
  context.print(id.str() + "\n");
  return 0;
}

}  // namespace

Command import_command() {
  return make_command<Options>({.name = "import",
                                .aliases = {"image import"},
                                .usage = "[OPTIONS] file|URL|- [REPOSITORY[:TAG]]",
                                .summary = "Import the contents from a tarball to create a filesystem image",
                                .description = "The tar may be plain or compressed by gzip, zstd, xz or bzip2.",
                                .min_arguments = 1,
                                .max_arguments = 2},
                               declare, run);
}

}  // namespace nacre::cli
