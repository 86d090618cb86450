#include "base/error.h"
#include "cli/commands.h"
#include "cli/registry_client.h"
#include "oci/shown.h"

namespace nacre::cli {

namespace {

struct Options {};

void declare(FlagSet& /*flags*/, Options& /*options*/) {}

int run(Context& context, const Options& /*options*/, const std::vector<std::string>& arguments) {
  const auto reference = oci::Reference::parse(arguments[0]);
  if (reference.tag() || reference.digest()) {
    throw Error(Code::invalid_argument, "tags: expected a repository, without tag or digest");
  }
  const auto client = make_registry_client();
  std::string text;
  for (const auto& tag : client->repository(reference).tags(context.cancel())) {
    text += oci::shown(tag) + "\n";
  }
  context.print(text);
  return 0;
}

}  // namespace

Command tags_command() {
  return make_command<Options>({.name = "tags",
                                .aliases = {},
                                .usage = "REPOSITORY",
                                .summary = "List the tags of a repository in a registry",
                                .description = {},
                                .min_arguments = 1,
                                .max_arguments = 1},
                               declare, run);
}

}  // namespace nacre::cli
