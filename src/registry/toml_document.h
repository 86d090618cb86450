// TOML files, read as the JSON they amount to, so that one parser's types stay in one place. Internal to registry/.
#pragma once

#include "base/file.h"
#include "oci/json.h"

namespace nacre::registry {

// The whole file as an object, keys in the order of the file; an empty object for a file that is missing. Throws Error
// (corrupt), "hosts.toml:3: ...".
oci::OrderedJson read_toml(const fs::path& path);

}  // namespace nacre::registry
