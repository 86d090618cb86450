#include <chrono>

#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/image_path.h"
#include "cli/output/progress.h"
#include "cli/progress_flag.h"
#include "cli/registry_client.h"
#include "image/pull.h"

namespace nacre::cli {

namespace {

struct Options {
  bool all_tags = false;
  bool all_platforms = false;
  bool untrusted = true;
  std::optional<std::string> platform;
  std::optional<std::string> progress;
  bool quiet = false;
};

void declare(FlagSet& flags, Options& options) {
  flags.toggle(options.all_tags, "all-tags", 'a', "Download all tagged images in the repository");
  flags.toggle(options.all_platforms, "all-platforms", '\0', "Download the images of all platforms");
  flags.toggle(options.untrusted, "disable-content-trust", '\0', "Skip image verification");
  flags.text(options.platform, "platform", '\0', "string", "Set platform if server is multi-platform capable");
  flags.text(options.progress, "progress", '\0', "string", progress_help);
  flags.toggle(options.quiet, "quiet", 'q', "Suppress verbose output");
}

// Layers as docker's pull shows them.
class Reporter : public image::PullObserver {
 public:
  Reporter(Context& context, const oci::Reference& reference, ProgressMode mode)
      : context_(context), reference_(reference), mode_(mode), progress_(STDOUT_FILENO, mode) {}

  void resolved() override {
    if (in_words(mode_)) {
      const std::string tag = reference_.digest() ? reference_.digest()->str() : reference_.tag().value_or("latest");
      context_.print(fmt::format("{}: Pulling from {}\n", tag, reference_.path()));
    }
  }
  void layer_here(std::string_view layer) override { progress_.finish(layer, "Already exists"); }
  void layer_waits(std::string_view layer) override { progress_.update(layer, "Waiting", 0, 0); }
  void layer_progress(std::string_view layer, std::uint64_t done, std::uint64_t total) override {
    progress_.update(layer, "Downloading", done, total);
  }
  void layer_done(std::string_view layer) override { progress_.finish(layer, "Pull complete"); }

 private:
  Context& context_;
  const oci::Reference& reference_;
  ProgressMode mode_;
  Progress progress_;
};

// Told when a tenth is left, while there is still something to be done about it.
void tell_rate_limit(Context& context, const oci::Reference& reference, const registry::RateLimit& rate) {
  if (rate.remaining > rate.limit / 10) {
    return;
  }
  const auto minutes = std::chrono::ceil<std::chrono::minutes>(rate.window).count();
  const std::string window = minutes == 0
                                 ? ""
                                 : fmt::format(" in {}", minutes % 60 == 0 ? fmt::format("{} hours", minutes / 60)
                                                                           : fmt::format("{} minutes", minutes));
  context.print_error(fmt::format("nacre: {} allows {} pulls{}, {} of them are left; `nacre login {}` may allow more\n",
                                  reference.domain(), rate.limit, window, rate.remaining, reference.domain()));
}

void pull_one(Context& context, registry::Client& client, const oci::Reference& reference, const Options& options) {
  const ProgressMode mode = progress_mode(options.progress, options.quiet);
  const image::PulledImage pulled = [&] {
    Reporter reporter(context, reference, mode);
    const image::PullOptions pull_options{parse_platform(options.platform),
                                          options.all_platforms ? image::Platforms::all : image::Platforms::one};
    return with_context(
        [&] { return "pull " + reference.familiar(); },
        [&] { return image::pull(context.store(), client, reference, pull_options, reporter, context.cancel()); });
  }();
  if (pulled.rate_limit && mode != ProgressMode::quiet) {
    tell_rate_limit(context, reference, *pulled.rate_limit);
  }
  if (in_words(mode)) {
    context.print(fmt::format("Digest: {}\nStatus: {} for {}\n", pulled.digest.str(),
                              pulled.is_new ? "Downloaded newer image" : "Image is up to date", reference.familiar()));
  }
}

int run(Context& context, const Options& options, const std::vector<std::string>& arguments) {
  const oci::Reference asked = oci::Reference::parse(arguments[0]);
  if (options.all_tags && (asked.tag() || asked.digest())) {
    throw Error(Code::invalid_argument, "tag can't be used with --all-tags/-a");
  }
  if (options.all_platforms && options.platform) {
    throw Error(Code::invalid_argument, "--platform can't be used with --all-platforms");
  }
  const auto client = make_registry_client();
  if (!options.all_tags) {
    const oci::Reference reference = asked.with_default_tag();
    if (!options.quiet && reference != asked) {
      context.print("Using default tag: latest\n");
    }
    pull_one(context, *client, reference, options);
    context.print(reference.str() + "\n");
    return 0;
  }
  for (const auto& tag : client->repository(asked).tags(context.cancel())) {
    pull_one(context, *client, asked.with_tag(tag), options);
  }
  context.print(asked.name() + "\n");
  return 0;
}

}  // namespace

Command pull_command() {
  return make_command<Options>(
      {.name = "pull",
       .aliases = {"image pull"},
       .usage = "[OPTIONS] NAME[:TAG|@DIGEST]",
       .summary = "Download an image from a registry",
       .description =
           "Everything is verified as it comes in. What was fetched before an interruption is kept, and the\n"
           "next pull fetches only the rest.",
       .min_arguments = 1,
       .max_arguments = 1},
      declare, run);
}

}  // namespace nacre::cli
