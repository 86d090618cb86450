// Rows of leases: what operations under way hold. Internal to store/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/content_table.h"

namespace nacre::store {

void hold(Database& database, std::string_view lease, const Object& object);
bool holds_anything(Database& database, std::string_view lease);
void release(Database& database, std::string_view lease);
// The leases that hold something.
std::vector<std::string> leases_with_objects(Database& database);

}  // namespace nacre::store
