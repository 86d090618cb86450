// Programs that keep passwords: docker-credential-NAME. Source: docker-credential-helpers, README "Development" and
// client/client.go.
//
// Secrets go through standard input and output only, never through arguments. Throws Error: unavailable for a helper
// that is missing, fails or answers nonsense, with its first words where they cannot hold a secret; invalid_argument
// for a name that could lead out of PATH. Internal to registry/.
#pragma once

#include <optional>
#include <string_view>

#include "registry/credentials.h"

namespace nacre::registry {

// Nothing when the helper says that it has none.
std::optional<Credentials> ask_helper(std::string_view helper, std::string_view key);
// A user name and password, or an identity token; helpers have no place for a registry token.
void tell_helper(std::string_view helper, std::string_view key, const Credentials& credentials);
// One that has nothing to erase is fine.
void erase_in_helper(std::string_view helper, std::string_view key);

}  // namespace nacre::registry
