// Where everything lies on disk. Format: docs/formats/store.md.
#pragma once

#include <string_view>

#include "base/file.h"
#include "oci/digest.h"

namespace nacre::store {

// Paths below the store's root. Pure: touches no disk.
class Layout {
 public:
  explicit Layout(fs::path root) : root_(std::move(root)) {}

  const fs::path& root() const noexcept { return root_; }
  fs::path database() const { return root_ / "nacre.db"; }

  fs::path blobs() const { return root_ / "blobs"; }
  fs::path blob(const oci::Digest& digest) const;  // blobs/<algorithm>/<hex>

  fs::path layers() const { return root_ / "layers"; }
  fs::path layer(const oci::DiffId& layer) const;        // layers/<algorithm>/<hex>/
  fs::path layer_tar(const oci::DiffId& layer) const;    // .../tar
  fs::path layer_index(const oci::DiffId& layer) const;  // .../index

  fs::path chains() const { return root_ / "chains"; }
  fs::path chain(const oci::ChainId& chain) const;        // chains/<algorithm>/<hex>/
  fs::path chain_index(const oci::ChainId& chain) const;  // .../index
  fs::path chain_root(const oci::ChainId& chain) const;   // .../root/, where the stack is laid out as plain files

  fs::path leases() const { return root_ / "leases"; }
  fs::path lease(std::string_view id) const { return leases() / id; }  // locked as long as its process works

  fs::path ingest() const { return root_ / "ingest"; }                  // work in progress
  fs::path ingest(std::string_view id) const { return ingest() / id; }  // what belongs to one lease

  fs::path downloads() const { return root_ / "downloads"; }  // blobs on their way, to be gone on with
  fs::path download(const oci::Digest& blob) const;           // downloads/<algorithm>/<hex>/: data and journal

  fs::path containers() const { return root_ / "containers"; }
  fs::path trash() const { return root_ / "trash"; }

  fs::path locks() const { return root_ / "locks"; }
  fs::path lock(const oci::Digest& digest) const;  // locks/<hex>

 private:
  fs::path root_;
};

}  // namespace nacre::store
