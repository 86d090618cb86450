// The state of a lease. Internal to store/.
#pragma once

#include <mutex>
#include <string>

#include "base/file_lock.h"
#include "store/content_table.h"
#include "store/store_impl.h"

namespace nacre::store {

struct Lease::Impl {
  Store::Impl& store;
  std::string id;
  FileLock lock;  // on leases/<id>: as long as it is held, the lease is alive
  std::once_flag ingest_made;
  fs::path ingest;

  // Adds an object to what is held, if its row and files are there. Inside a write transaction.
  bool take(Database& database, const Object& object);
};

}  // namespace nacre::store
