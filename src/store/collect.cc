#include "store/content_table.h"
#include "store/dead_leases.h"
#include "store/image_table.h"
#include "store/lease_table.h"
#include "store/orphans.h"
#include "store/partial_blob.h"
#include "store/store_impl.h"
#include "store/trash.h"

namespace nacre::store {

namespace {

// Lock files of digests nobody works on now. FileLock copes with the file going away.
void sweep_locks(const Layout& layout) {
  for (const std::string& name : list_directory(layout.locks())) {
    if (auto lock = FileLock::try_acquire(layout.locks() / name, LockMode::exclusive)) {
      lock->release_and_remove();
    }
  }
}

void note(Store::Collected& collected, Object object) {
  switch (object.kind) {
    case ObjectKind::blob:
      collected.blobs.push_back(std::move(object.digest));
      break;
    case ObjectKind::layer:
      collected.layers.push_back(oci::DiffId{std::move(object.digest)});
      break;
    case ObjectKind::chain:
      break;
  }
}

}  // namespace

// Protocol: docs/design/durability.md, "Removal".
Store::Collected Store::collect() {
  const Layout& layout = impl_->layout;
  Collected collected;
  auto database = impl_->database.lock();
  std::vector<DeadLease> dead = lock_dead_leases(*database, layout);

  {
    Transaction transaction(*database, Commit::relaxed);
    for (const DeadLease& lease : dead) {
      release(*database, lease.id);
    }
    delete_unneeded_indexes(*database);
    std::vector<Object> unneeded = unneeded_objects(*database);
    if (!unneeded.empty()) {
      // What made the content unneeded is durable before the first file moves.
      database->sync();
    }
    for (Object& object : unneeded) {
      collected.bytes += move_to_trash(layout, path_of(layout, object));
      delete_row(*database, object);
      note(collected, std::move(object));
    }
    if (!dead.empty()) {
      // Only a process that died can have left content without a row.
      for (const Object& orphan : find_orphans(*database, layout).objects) {
        collected.bytes += move_to_trash(layout, path_of(layout, orphan));
      }
    }
    transaction.commit();
  }
  // Now holds: every row and every file that is left is needed, or held by the living.

  for (DeadLease& lease : dead) {
    collected.bytes += move_to_trash(layout, layout.ingest(lease.id));
    lease.lock.release_and_remove();  // last: as long as it is there, the sweep is not done
  }
  sweep_locks(layout);
  collected.bytes += sweep_downloads(layout);
  return collected;
}

}  // namespace nacre::store
