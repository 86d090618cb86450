#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/image_path.h"
#include "cli/output/progress.h"
#include "cli/progress_flag.h"
#include "cli/registry_client.h"
#include "image/push.h"

namespace nacre::cli {

namespace {

struct Options {
  bool all_tags = false;
  bool untrusted = true;
  std::string compression = "gzip";
  std::optional<std::string> platform;
  std::optional<std::string> progress;
  bool quiet = false;
};

void declare(FlagSet& flags, Options& options) {
  flags.toggle(options.all_tags, "all-tags", 'a', "Push all tags of an image to the repository");
  flags.text(options.compression, "compression", '\0', "string",
             "Compress layers that are not compressed yet by \"gzip\" or \"zstd\", with a level after a colon");
  flags.toggle(options.untrusted, "disable-content-trust", '\0', "Skip image signing");
  flags.text(options.platform, "platform", '\0', "string",
             "Push a platform-specific manifest as a single-platform image to the registry");
  flags.text(options.progress, "progress", '\0', "string", progress_help);
  flags.toggle(options.quiet, "quiet", 'q', "Suppress verbose output");
}

// Layers as docker's push shows them.
class Reporter : public image::PushObserver {
 public:
  Reporter(Context& context, ProgressMode mode) : context_(context), progress_(STDOUT_FILENO, mode) {}

  void layer_waits(std::string_view layer) override { progress_.update(layer, "Preparing", 0, 0); }
  void layer_progress(std::string_view layer, std::uint64_t done, std::uint64_t total) override {
    progress_.update(layer, "Pushing", done, total);
  }
  void layer_skipped(std::string_view layer) override { progress_.finish(layer, "Skipped foreign layer"); }
  void layer_there(std::string_view layer) override { progress_.finish(layer, "Layer already exists"); }
  void layer_mounted(std::string_view layer, std::string_view from) override {
    progress_.finish(layer, fmt::format("Mounted from {}", from));
  }
  void layer_sent(std::string_view layer) override { progress_.finish(layer, "Pushed"); }
  void only_one_platform(const oci::Platform& platform) override {
    context_.print_error(
        fmt::format("nacre: not all images of the index are here: only the one for {} is pushed\n", platform.str()));
  }

 private:
  Context& context_;
  Progress progress_;
};

void push_one(Context& context, registry::Client& client, const oci::Reference& name, const Options& options) {
  const ProgressMode mode = progress_mode(options.progress, options.quiet);
  const image::PushedImage pushed = [&] {
    Reporter reporter(context, mode);
    const image::PushOptions push_options{parse_platform(options.platform),
                                          archive::CompressionChoice::parse(options.compression)};
    return with_context(
        [&] { return "push " + name.familiar(); },
        [&] { return image::push(context.store(), client, name, push_options, reporter, context.cancel()); });
  }();
  if (in_words(mode)) {
    context.print(fmt::format("{}: digest: {} size: {}\n", name.tag().value(), pushed.digest.str(), pushed.size));
  }
}

std::vector<oci::Reference> all_tags_of(const store::Store& store, const oci::Reference& repository) {
  std::vector<oci::Reference> names;
  for (const auto& each : store.names()) {
    if (each.name.name() == repository.name() && each.name.tag()) {
      names.push_back(each.name);
    }
  }
  if (names.empty()) {
    throw Error(Code::not_found,
                fmt::format("An image does not exist locally with the tag: {}", repository.familiar_name()));
  }
  return names;
}

int run(Context& context, const Options& options, const std::vector<std::string>& arguments) {
  const oci::Reference asked = oci::Reference::parse(arguments[0]);
  if (asked.digest()) {
    throw Error(Code::invalid_argument, "cannot push a digest reference");
  }
  if (options.all_tags && asked.tag()) {
    throw Error(Code::invalid_argument, "tag can't be used with --all-tags/-a");
  }
  const auto names = options.all_tags ? all_tags_of(context.store(), asked) : std::vector{asked.with_default_tag()};
  if (!options.quiet && !options.all_tags && !asked.tag()) {
    context.print("Using default tag: latest\n");
  }
  if (!options.quiet) {
    context.print(fmt::format("The push refers to repository [{}]\n", asked.name()));
  }
  const auto client = make_registry_client();
  for (const auto& name : names) {
    push_one(context, *client, name, options);
  }
  if (options.quiet) {
    context.print((options.all_tags ? asked.name() : names[0].str()) + "\n");
  }
  return 0;
}

}  // namespace

Command push_command() {
  return make_command<Options>(
      {.name = "push",
       .aliases = {"image push"},
       .usage = "[OPTIONS] NAME[:TAG]",
       .summary = "Upload an image to a registry",
       .description = "What was pulled goes out with the digests it came with. Layers that are not compressed yet are\n"
                      "compressed while they are sent, once: the store keeps what was sent.",
       .min_arguments = 1,
       .max_arguments = 1},
      declare, run);
}

}  // namespace nacre::cli
