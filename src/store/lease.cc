#include <fcntl.h>
#include <fmt/format.h>

#include "base/error.h"
#include "base/random.h"
#include "store/image_table.h"
#include "store/lease_impl.h"
#include "store/lease_table.h"
#include "store/placed_path.h"

namespace nacre::store {

Lease Store::lease() {
  std::string id = random_hex(16);
  auto lock = with_context([&] { return fmt::format("write to store '{}'", impl_->layout.root().native()); },
                           [&] { return FileLock::acquire(impl_->layout.lease(id), LockMode::exclusive); });
  return Lease(std::unique_ptr<Lease::Impl>(new Lease::Impl{*impl_, std::move(id), std::move(lock), {}, {}}));
}

Lease::Lease(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Lease::Lease(Lease&&) noexcept = default;

Lease::~Lease() {
  if (!impl_) {
    return;
  }
  try {
    {
      auto database = impl_->store.database.lock();
      if (holds_anything(*database, impl_->id)) {
        Transaction transaction(*database, Commit::relaxed);
        release(*database, impl_->id);
        transaction.commit();
      }
    }
    remove_tree(impl_->store.layout.ingest(impl_->id));
    impl_->lock.release_and_remove();
  } catch (const Error&) {
    // The lock ends with us; the file that stays tells the next removal to sweep after this lease.
  }
}

const fs::path& Lease::ingest_directory() {
  std::call_once(impl_->ingest_made, [&] {
    impl_->ingest = impl_->store.layout.ingest(impl_->id);
    make_directories(impl_->ingest);
  });
  return impl_->ingest;
}

bool Lease::Impl::take(Database& database, const Object& object) {
  const bool whole = [&] {
    switch (object.kind) {
      case ObjectKind::blob:
        return find_whole_blob(database, store.layout, object.digest).has_value();
      case ObjectKind::layer:
        return find_whole_layer(database, store.layout, oci::DiffId{object.digest}).has_value();
      case ObjectKind::chain:
        return has_whole_chain(database, store.layout, oci::ChainId{object.digest});
    }
    return false;
  }();
  if (whole) {
    hold(database, id, object);
  }
  return whole;
}

void Lease::put_blob(Bytes content) {
  const oci::Digest digest = oci::Digest::of(content);
  if (hold_blob(digest)) {
    return;
  }
  TempFile file(ingest_directory(), "blob-");
  write_all(file.fd(), content);
  sync_file(file.fd());
  adopt_blob(std::move(file), digest, content.size());
}

void Lease::adopt_blob(TempFile file, const oci::Digest& digest, std::uint64_t size) {
  const Layout& layout = impl_->store.layout;
  auto database = impl_->store.database.lock();
  Transaction transaction(*database, Commit::relaxed);
  std::optional<PlacedPath> placed;
  if (!find_whole_blob(*database, layout, digest)) {
    placed.emplace(layout, file.path(), layout.blob(digest));
    put_blob_row(*database, digest, size);
  }
  hold(*database, impl_->id, {ObjectKind::blob, digest});
  transaction.commit();
  if (placed) {
    placed->keep();  // and `file`, whose name is gone, has nothing to remove
  }
}

void Lease::adopt_layer(TempDir directory, const LayerRecord& layer) {
  sync_directory(directory.path());
  const Layout& layout = impl_->store.layout;
  auto database = impl_->store.database.lock();
  Transaction transaction(*database, Commit::relaxed);
  std::optional<PlacedPath> placed;
  if (!find_whole_layer(*database, layout, layer.diff_id)) {
    placed.emplace(layout, directory.path(), layout.layer(layer.diff_id));
    put_layer_row(*database, layer);
  }
  for (const oci::Digest& blob : layer.blobs) {
    put_layer_blob(*database, layer.diff_id, blob);
  }
  hold(*database, impl_->id, {ObjectKind::layer, layer.diff_id.digest});
  transaction.commit();
  if (placed) {
    placed->keep();
    (void)directory.release();
  }
}

void Lease::adopt_chain(TempDir directory, const oci::ChainId& chain, std::span<const oci::DiffId> layers) {
  sync_directory(directory.path());
  const Layout& layout = impl_->store.layout;
  const std::uint64_t index_size = file_size(open_file(directory.path() / "index", O_RDONLY));
  auto database = impl_->store.database.lock();
  Transaction transaction(*database, Commit::relaxed);
  std::optional<PlacedPath> placed;
  if (!has_whole_chain(*database, layout, chain)) {
    placed.emplace(layout, directory.path(), layout.chain(chain));
    put_chain_row(*database, chain, index_size, layers);
  }
  hold(*database, impl_->id, {ObjectKind::chain, chain.digest});
  transaction.commit();
  if (placed) {
    placed->keep();
    (void)directory.release();
  }
}

std::optional<LayerRecord> Lease::hold_layer(const oci::DiffId& layer) {
  auto database = impl_->store.database.lock();
  Transaction transaction(*database, Commit::relaxed);
  if (!impl_->take(*database, {ObjectKind::layer, layer.digest})) {
    return std::nullopt;
  }
  auto record = find_layer(*database, layer);
  transaction.commit();
  return record;
}

bool Lease::hold_blob(const oci::Digest& digest) {
  auto database = impl_->store.database.lock();
  Transaction transaction(*database, Commit::relaxed);
  if (!impl_->take(*database, {ObjectKind::blob, digest}) && !impl_->take(*database, {ObjectKind::layer, digest})) {
    return false;
  }
  transaction.commit();
  return true;
}

bool Lease::hold_chain(const oci::ChainId& chain) {
  auto database = impl_->store.database.lock();
  Transaction transaction(*database, Commit::relaxed);
  if (!impl_->take(*database, {ObjectKind::chain, chain.digest})) {
    return false;
  }
  transaction.commit();
  return true;
}

bool Lease::hold_image(const oci::Digest& image) {
  auto database = impl_->store.database.lock();
  Transaction transaction(*database, Commit::relaxed);
  const auto record = find_image(*database, image);
  if (!record) {
    return false;
  }
  // Without a look at the files: a row that an image refers to is whole, or damage that its reader will meet.
  for (const oci::Digest& blob : blobs_of_image(*database, image)) {
    hold(*database, impl_->id, {ObjectKind::blob, blob});
  }
  for (const oci::DiffId& layer : record->layers) {
    hold(*database, impl_->id, {ObjectKind::layer, layer.digest});
  }
  if (!record->layers.empty()) {
    hold(*database, impl_->id, {ObjectKind::chain, oci::chain_id(record->layers).digest});
  }
  transaction.commit();
  return true;
}

}  // namespace nacre::store
