// Leases whose process died. Internal to store/.
#pragma once

#include <string>
#include <vector>

#include "base/file_lock.h"
#include "store/database.h"
#include "store/layout.h"

namespace nacre::store {

// While the lock is held nobody else cleans up after the same lease.
struct DeadLease {
  std::string id;
  FileLock lock;
};

// Everything that was left by a lease nobody holds any more: a file in leases/, rows, a directory in ingest/.
std::vector<DeadLease> lock_dead_leases(Database& database, const Layout& layout);

}  // namespace nacre::store
