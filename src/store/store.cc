#include "store/store.h"

#include <fcntl.h>
#include <fmt/format.h>

#include "base/error.h"
#include "store/container_table.h"
#include "store/content_table.h"
#include "store/open_database.h"
#include "store/store_impl.h"
#include "store/trash.h"

namespace nacre::store {

Store Store::open(const fs::path& root) {
  Layout layout(fs::absolute(root).lexically_normal());
  Database database = open_database(layout);
  return Store(std::make_unique<Impl>(std::move(layout), std::move(database)));
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::Store(Store&&) noexcept = default;
Store::~Store() = default;

const Layout& Store::layout() const noexcept {
  return impl_->layout;
}

FileLock Store::lock_work(const oci::Digest& digest, const CancelToken& cancel) {
  return FileLock::acquire(impl_->layout.lock(digest), LockMode::exclusive, cancel);
}

std::optional<Store::Impl::BlobFile> Store::Impl::find_blob_file(const oci::Digest& digest) {
  auto connection = database.lock();
  if (const auto size = find_blob(*connection, digest)) {
    return BlobFile{layout.blob(digest), *size};
  }
  const oci::DiffId layer{digest};
  if (const auto record = store::find_layer(*connection, layer)) {
    return BlobFile{layout.layer_tar(layer), record->tar_size};
  }
  return std::nullopt;
}

Store::Impl::BlobFile Store::Impl::blob_file(const oci::Digest& digest) {
  if (auto file = find_blob_file(digest)) {
    return std::move(*file);
  }
  throw Error(Code::not_found, fmt::format("blob {} is not in the store", digest.str()));
}

bool Store::has_blob(const oci::Digest& digest) const {
  return impl_->find_blob_file(digest).has_value();
}

Fd Store::open_blob(const oci::Digest& digest) const {
  return open_file(impl_->blob_file(digest).path, O_RDONLY);
}

std::uint64_t Store::blob_size(const oci::Digest& digest) const {
  return impl_->blob_file(digest).size;
}

std::string Store::read_blob(const oci::Digest& digest, std::uint64_t max_size) const {
  std::string content = read_file(impl_->blob_file(digest).path, max_size);
  oci::Hasher hasher(digest.algorithm());
  hasher.update(as_bytes(content));
  if (hasher.finish() != digest) {
    throw Error(Code::corrupt,
                fmt::format("read blob {}: the file does not match its digest; run 'nacre store check --repair'",
                            digest.str()));
  }
  return content;
}

std::optional<LayerRecord> Store::find_layer(const oci::DiffId& layer) const {
  return store::find_layer(*impl_->database.lock(), layer);
}

bool Store::has_chain(const oci::ChainId& chain) const {
  return has_whole_chain(*impl_->database.lock(), impl_->layout, chain);
}

void Store::empty_trash_in_background() const {
  unlink_trash_in_background(impl_->layout);
}

std::uint64_t Store::empty_trash() const {
  return unlink_trash(impl_->layout);
}

void Store::put_container(const ContainerRecord& container) {
  auto database = impl_->database.lock();
  Transaction transaction(*database, Commit::durable);
  put_container_row(*database, container);
  transaction.commit();
}

void Store::set_container_state(std::string_view id, std::string_view state, std::optional<int> exit_code) {
  auto database = impl_->database.lock();
  Transaction transaction(*database, Commit::relaxed);
  set_container_state_row(*database, id, state, exit_code);
  transaction.commit();
}

void Store::remove_container(std::string_view id) {
  auto database = impl_->database.lock();
  Transaction transaction(*database, Commit::relaxed);
  delete_container_row(*database, id);
  transaction.commit();
}

std::vector<ContainerRecord> Store::containers() const {
  return all_containers(*impl_->database.lock());
}

}  // namespace nacre::store
