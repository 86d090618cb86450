#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/image_path.h"
#include "cli/output/progress.h"
#include "cli/output/text.h"
#include "image/load.h"

namespace nacre::cli {

namespace {

struct Options {
  std::string input;
  std::optional<std::string> platform;
  bool quiet = false;
};

void declare(FlagSet& flags, Options& options) {
  flags.text(options.input, "input", 'i', "string",
             "Read from tar archive file or OCI layout directory, instead of STDIN");
  flags.text(options.platform, "platform", '\0', "string",
             "Load only the given platform variant. Formatted as \"os[/arch[/variant]]\" (e.g., \"linux/amd64\")");
  flags.toggle(options.quiet, "quiet", 'q', "Suppress the load output");
}

// Says what docker says, when docker says it.
class Reporter : public image::LoadObserver {
 public:
  Reporter(Context& context, ProgressMode mode) : context_(context), progress_(STDERR_FILENO, mode) {}

  void layer_progress(std::string_view layer, std::uint64_t done, std::uint64_t total) override {
    progress_.update(layer, "Loading layer", done, total);
  }
  void layer_done(std::string_view layer) override { progress_.finish(layer, "Loaded layer"); }
  void name_moved(const image::MovedName& moved) override {
    messages_ += fmt::format("The image {} already exists, renaming the old one with ID {} to empty string\n",
                             moved.name.familiar(), moved.previous.str());
  }
  void image_loaded(const image::LoadedImage& image) override {
    if (image.names.empty()) {
      messages_ += fmt::format("Loaded image ID: {}\n", image.id.str());
    }
    for (const auto& name : image.names) {
      messages_ += fmt::format("Loaded image: {}\n", name.familiar());
    }
  }
  // After the last bar was drawn.
  void print_messages() { context_.print(messages_); }

 private:
  Context& context_;
  Progress progress_;
  std::string messages_;
};

void load(Context& context, const Options& options, image::LoadObserver& observer) {
  const image::LoadOptions load_options{parse_platform(options.platform)};
  if (options.input.empty()) {
    image::load_archive(context.store(), Fd::duplicate_of(STDIN_FILENO), load_options, observer, context.cancel());
  } else if (fs::is_directory(options.input)) {
    image::load_directory(context.store(), options.input, load_options, observer, context.cancel());
  } else {
    image::load_archive(context.store(), open_file(options.input, O_RDONLY), load_options, observer, context.cancel());
  }
}

int run(Context& context, const Options& options, const std::vector<std::string>& /*arguments*/) {
  if (options.input.empty() && is_terminal(STDIN_FILENO)) {
    throw Error(Code::invalid_argument, "requested load from stdin, but stdin is empty");
  }
  const bool draw = !options.quiet && is_terminal(STDERR_FILENO);
  Reporter reporter(context, draw ? ProgressMode::terminal : ProgressMode::quiet);
  try {
    with_context([&] { return "load " + (options.input.empty() ? "stdin" : options.input); },
                 [&] { load(context, options, reporter); });
  } catch (const Error&) {
    reporter.print_messages();  // the images before the one that failed are there
    throw;
  }
  reporter.print_messages();
  return 0;
}

}  // namespace

Command load_command() {
  return make_command<Options>(
      {.name = "load",
       .aliases = {"image load"},
       .usage = "[OPTIONS]",
       .summary = "Load an image from a tar archive or STDIN",
       .description =
           "Reads docker-archive and OCI layout, plain or compressed by gzip, zstd, xz or bzip2, and OCI layout\n"
           "directories. What has a digest in the archive is verified and kept byte for byte.",
       .min_arguments = 0,
       .max_arguments = 0},
      declare, run);
}

}  // namespace nacre::cli
