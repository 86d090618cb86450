#include "store/dead_leases.h"

#include <algorithm>
#include <set>

#include "store/lease_table.h"

namespace nacre::store {

namespace {

// Leases are named by 32 hex digits; what else lies about is not ours to touch.
bool is_lease_id(std::string_view name) {
  return name.size() == 32 && name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::vector<DeadLease> lock_dead_leases(Database& database, const Layout& layout) {
  std::set<std::string> ids;
  for (auto names : {leases_with_objects(database), list_directory(layout.leases()), list_directory(layout.ingest())}) {
    std::ranges::copy_if(names, std::inserter(ids, ids.end()), is_lease_id);
  }
  std::vector<DeadLease> dead;
  for (const std::string& id : ids) {
    if (auto lock = FileLock::try_acquire(layout.lease(id), LockMode::exclusive)) {
      dead.push_back({id, std::move(*lock)});
    }
  }
  return dead;
}

}  // namespace nacre::store
