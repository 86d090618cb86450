// Rows of containers. Internal to store/.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "store/database.h"
#include "store/store.h"

namespace nacre::store {

std::vector<ContainerRecord> all_containers(Database& database);  // newest first
// Holds the image's layers from now on. Throws Error: not_found without the image, conflict when the name is taken.
void put_container_row(Database& database, const ContainerRecord& container);
void set_container_state_row(Database& database, std::string_view id, std::string_view state,
                             std::optional<int> exit_code);
bool is_used_by_container(Database& database, const oci::ChainId& chain);
void delete_container_row(Database& database, std::string_view id);

}  // namespace nacre::store
