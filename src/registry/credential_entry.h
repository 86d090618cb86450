// One login as the files have it: {"auth": "base64 of user:password", "identitytoken": …}. Internal to registry/.
//
// Sources: docker/cli cli/config/types (AuthConfig) and cli/config/configfile (decodeAuth, encodeAuth).
#pragma once

#include <optional>

#include "oci/json.h"
#include "registry/credentials.h"

namespace nacre::registry {

// The string a field holds, "" where it is absent or null. Throws Error (corrupt) for anything else, naming the field.
std::string text_field(const oci::OrderedJson& object, std::string_view name);

// Nothing for an entry without a secret: docker leaves {} behind where a helper keeps the login. Throws Error
// (corrupt), never quoting the entry.
std::optional<Credentials> read_entry(const oci::OrderedJson& entry);

// Makes the entry say these credentials; fields that are no part of a login stay.
void write_entry(oci::OrderedJson& entry, const Credentials& credentials);

}  // namespace nacre::registry
