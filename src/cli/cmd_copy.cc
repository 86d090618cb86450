#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/image_path.h"
#include "cli/output/progress.h"
#include "cli/progress_flag.h"
#include "cli/registry_client.h"
#include "image/copy.h"

namespace nacre::cli {

namespace {

struct Options {
  std::optional<std::string> platform;
  std::optional<std::string> progress;
  bool quiet = false;
};

void declare(FlagSet& flags, Options& options) {
  flags.text(options.platform, "platform", '\0', "string", "Copy only the image of this platform");
  flags.text(options.progress, "progress", '\0', "string", progress_help);
  flags.toggle(options.quiet, "quiet", 'q', "Suppress verbose output");
}

class Reporter : public image::CopyObserver {
 public:
  explicit Reporter(ProgressMode mode) : progress_(STDOUT_FILENO, mode) {}

  void blob_there(std::string_view blob) override { progress_.finish(blob, "Already exists"); }
  void blob_mounted(std::string_view blob) override { progress_.finish(blob, "Mounted"); }
  void blob_progress(std::string_view blob, std::uint64_t done, std::uint64_t total) override {
    progress_.update(blob, "Copying", done, total);
  }
  void blob_sent(std::string_view blob) override { progress_.finish(blob, "Copied"); }

 private:
  Progress progress_;
};

int run(Context& context, const Options& options, const std::vector<std::string>& arguments) {
  const auto from = oci::Reference::parse(arguments[0]).with_default_tag();
  const auto to = oci::Reference::parse(arguments[1]).with_default_tag();
  const ProgressMode mode = progress_mode(options.progress, options.quiet);
  const auto client = make_registry_client();
  const oci::Digest digest = [&] {
    Reporter reporter(mode);
    return with_context(
        [&] { return fmt::format("copy {} to {}", from.familiar(), to.familiar()); },
        [&] { return image::copy(*client, from, to, {parse_platform(options.platform)}, reporter, context.cancel()); });
  }();
  if (mode != ProgressMode::json) {
    context.print(options.quiet ? digest.str() + "\n" : fmt::format("{}: digest: {}\n", to.familiar(), digest.str()));
  }
  return 0;
}

}  // namespace

Command copy_command() {
  return make_command<Options>(
      {.name = "copy",
       .aliases = {"image copy"},
       .usage = "[OPTIONS] SOURCE[:TAG|@DIGEST] TARGET[:TAG]",
       .summary = "Copy an image from one registry to another",
       .description =
           "Byte for byte, an index with all its images, with signatures and whatever else refers to it; the\n"
           "store is not touched. What the target has is not sent.",
       .min_arguments = 2,
       .max_arguments = 2},
      declare, run);
}

}  // namespace nacre::cli
