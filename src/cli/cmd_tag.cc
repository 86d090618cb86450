#include "base/error.h"
#include "cli/commands.h"
#include "image/lookup.h"

namespace nacre::cli {

namespace {

struct TagOptions {};

void declare(FlagSet& /*flags*/, TagOptions& /*options*/) {}

int run(Context& context, const TagOptions& /*options*/, const std::vector<std::string>& arguments) {
  const auto name = with_context("tag " + arguments[1], [&] { return oci::Reference::parse(arguments[1]); });
  if (name.digest()) {
    throw Error(Code::invalid_argument, "refusing to create a tag with a digest reference");
  }
  const auto found = image::get(context.store(), arguments[0]);
  // A tag of a tag of an index stays one: `save` then still has every platform.
  const oci::Digest& target = found.name ? found.name->target : found.image.manifest;
  context.store().tag(found.image.id, target, name.with_default_tag());
  return 0;
}

}  // namespace

Command tag_command() {
  return make_command<TagOptions>({.name = "tag",
                                   .aliases = {"image tag"},
                                   .usage = "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
                                   .summary = "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE",
                                   .description = {},
                                   .min_arguments = 2,
                                   .max_arguments = 2},
                                  declare, run);
}

}  // namespace nacre::cli
