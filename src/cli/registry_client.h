// The registry client as the user's configuration has it. Internal to cli/.
#pragma once

#include <memory>

#include "registry/repository.h"

namespace nacre::cli {

// With the logins and mirrors of this user and host.
std::unique_ptr<registry::Client> make_registry_client();

}  // namespace nacre::cli
