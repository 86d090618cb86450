#include <unistd.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/image_path.h"
#include "cli/output/text.h"
#include "image/save.h"

namespace nacre::cli {

namespace {

struct SaveOptions {
  std::string output;
  std::string format = "oci-archive";
  std::optional<std::string> platform;
};

void declare(FlagSet& flags, SaveOptions& options) {
  flags.text(options.output, "output", 'o', "string", "Write to a file, instead of STDOUT");
  flags.text(options.format, "format", '\0', "string", "oci-archive, docker-archive or oci-dir");
  flags.text(options.platform, "platform", '\0', "string",
             "Save only the given platform variant. Formatted as \"os[/arch[/variant]]\" (e.g., \"linux/amd64\")");
}

std::optional<image::ArchiveFormat> archive_format(const std::string& name) {
  if (name == "oci-archive") {
    return image::ArchiveFormat::oci;
  }
  if (name == "docker-archive") {
    return image::ArchiveFormat::docker;
  }
  if (name == "oci-dir") {
    return std::nullopt;
  }
  throw Error(Code::invalid_argument, "unknown format '" + name + "': use oci-archive, docker-archive or oci-dir");
}

int run(Context& context, const SaveOptions& options, const std::vector<std::string>& arguments) {
  const auto format = archive_format(options.format);
  if (options.output.empty() && !format) {
    throw Error(Code::invalid_argument, "oci-dir is written to a directory: name it with -o");
  }
  if (options.output.empty() && is_terminal(STDOUT_FILENO)) {
    throw Error(Code::invalid_argument, "cowardly refusing to save to a terminal. Use the -o flag or redirect");
  }
  const auto items = image::find_save_items(context.store(), arguments, parse_platform(options.platform));
  if (!format) {
    image::save_to_directory(context.store(), items, options.output, {}, context.cancel());
  } else if (!options.output.empty()) {
    image::save_to_file(context.store(), items, *format, options.output, {}, context.cancel());
  } else {
    const Fd standard_output = Fd::duplicate_of(STDOUT_FILENO);
    image::save_to_stream(context.store(), items, *format, standard_output, {}, context.cancel());
  }
  return 0;
}

}  // namespace

Command save_command() {
  return make_command<SaveOptions>(
      {.name = "save",
       .aliases = {"image save"},
       .usage = "[OPTIONS] IMAGE [IMAGE...]",
       .summary = "Save one or more images to a tar archive (streamed to STDOUT by default)",
       .description =
           "The default format is an OCI layout that docker, podman and skopeo read, too: manifests, configs and\n"
           "compressed layers go out byte for byte as they came in, so every digest stays. docker-archive holds plain\n"
           "tars, for old tools. A name without a tag stands for all tags of the repository.",
       .min_arguments = 1},
      declare, run);
}

}  // namespace nacre::cli
