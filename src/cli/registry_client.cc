#include "cli/registry_client.h"

namespace nacre::cli {

std::unique_ptr<registry::Client> make_registry_client() {
  return std::make_unique<registry::Client>(registry::HostFiles::of_user(), registry::CredentialFiles::of_user());
}

}  // namespace nacre::cli
