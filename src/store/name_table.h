// Rows of names. Internal to store/.
#pragma once

#include <optional>
#include <vector>

#include "store/database.h"
#include "store/store.h"

namespace nacre::store {

std::vector<NameRecord> all_names(Database& database);  // in the order of the names
std::vector<NameRecord> names_of_image(Database& database, const oci::Digest& image);
std::optional<NameRecord> find_name(Database& database, const oci::Reference& name);
// Inserts or moves. Throws Error (invalid_argument) unless the name has a tag or a digest, and not both.
void put_name(Database& database, const NameRecord& name);
bool delete_name(Database& database, const oci::Reference& name);

}  // namespace nacre::store
