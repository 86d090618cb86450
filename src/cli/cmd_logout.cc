#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/registry_client.h"

namespace nacre::cli {

namespace {

struct Options {};

void declare(FlagSet& /*flags*/, Options& /*options*/) {}

int run(Context& context, const Options& /*options*/, const std::vector<std::string>& arguments) {
  const std::string registry = registry::registry_of(arguments.empty() ? "" : arguments[0]);
  const auto client = make_registry_client();
  const bool had_one = client->credentials().forget(registry);
  context.print(fmt::format("{} {}\n", had_one ? "Removing login credentials for" : "Not logged in to",
                            registry::credential_key(registry)));
  return 0;
}

}  // namespace

Command logout_command() {
  return make_command<Options>({.name = "logout",
                                .aliases = {},
                                .usage = "[SERVER]",
                                .summary = "Log out from a registry",
                                .description = "Without a server, from Docker Hub.",
                                .min_arguments = 0,
                                .max_arguments = 1},
                               declare, run);
}

}  // namespace nacre::cli
