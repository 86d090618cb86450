#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/registry_client.h"
#include "oci/json.h"

namespace nacre::cli {

namespace {

constexpr int indent = 3;  // as docker prints it

struct Options {
  bool raw = false;
  bool verbose = false;
};

void declare(FlagSet& flags, Options& options) {
  flags.toggle(options.raw, "raw", '\0', "Output the bytes as the registry has them");
  flags.toggle(options.verbose, "verbose", 'v', "Output additional info including the descriptor");
}

std::string verbose_text(const oci::Reference& reference, const registry::FetchedDocument& document) {
  const oci::OrderedJson shown = {
      {"Ref", reference.str()},
      {"Descriptor",
       {{"mediaType", document.media_type}, {"digest", document.digest.str()}, {"size", document.raw.size()}}},
      {"Manifest", oci::OrderedJson::parse(document.raw)},
  };
  return oci::to_go_json_indented(shown, indent) + "\n";
}

int run(Context& context, const Options& options, const std::vector<std::string>& arguments) {
  const auto reference = oci::Reference::parse(arguments[0]).with_default_tag();
  const auto client = make_registry_client();
  const auto document = with_context([&] { return "manifest inspect " + reference.familiar(); },
                                     [&] {
                                       auto fetched =
                                           client->repository(reference).document(reference, context.cancel());
                                       oci::parse_json(fetched.raw);  // bounded, and said to be bad where it is
                                       return fetched;
                                     });
  if (options.raw) {
    context.print(document.raw);
  } else if (options.verbose) {
    context.print(verbose_text(reference, document));
  } else {
    context.print(oci::to_go_json_indented(oci::OrderedJson::parse(document.raw), indent) + "\n");
  }
  return 0;
}

}  // namespace

Command manifest_inspect_command() {
  return make_command<Options>({.name = "manifest inspect",
                                .aliases = {},
                                .usage = "[OPTIONS] NAME[:TAG|@DIGEST]",
                                .summary = "Display an image manifest, or an index, as a registry has it",
                                .description = {},
                                .min_arguments = 1,
                                .max_arguments = 1},
                               declare, run);
}

}  // namespace nacre::cli
