// What a Store and its leases share. Internal to store/.
#pragma once

#include <optional>

#include "base/guarded.h"
#include "store/database.h"
#include "store/store.h"

namespace nacre::store {

struct Store::Impl {
  Impl(Layout where, Database rows) : layout(std::move(where)), database(std::move(rows)) {}

  Layout layout;
  Guarded<Database> database;

  // Where the bytes of a blob are, and how many.
  struct BlobFile {
    fs::path path;
    std::uint64_t size;
  };
  std::optional<BlobFile> find_blob_file(const oci::Digest& digest);
  BlobFile blob_file(const oci::Digest& digest);  // throws Error (not_found)
};

}  // namespace nacre::store
