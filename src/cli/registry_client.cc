#include "cli/registry_client.h"

namespace nacre::cli {

std::unique_ptr<registry::Client> make_registry_client() {
  registry::HostFiles files = registry::HostFiles::of_user();
  const net::ClientOptions options = registry::read_timeouts(files);
  return std::make_unique<registry::Client>(std::move(files), registry::CredentialFiles::of_user(), options);
}

}  // namespace nacre::cli
