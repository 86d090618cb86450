#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "store/image_table.h"
#include "store/lease_impl.h"
#include "store/name_table.h"

namespace nacre::store {

namespace {

// The directories that the names of an image's content stand in.
std::set<fs::path> directories_of(const Layout& layout, const ImageRecord& image, const oci::Manifest& manifest,
                                  const oci::Index* index) {
  std::set<fs::path> directories = {layout.blob(image.id).parent_path(), layout.blob(manifest.digest()).parent_path()};
  for (const oci::Descriptor& blob : manifest.layers()) {
    directories.insert(layout.blob(blob.digest).parent_path());
  }
  for (const oci::DiffId& layer : image.layers) {
    directories.insert(layout.layer(layer).parent_path());
  }
  if (index != nullptr) {
    directories.insert(layout.blob(index->digest()).parent_path());
  }
  return directories;
}

}  // namespace

void Lease::put_image(const ImageRecord& image, const oci::Manifest& manifest, std::span<const oci::Reference> names,
                      const oci::Index* index) {
  // Whoever put the content there: from here on its names survive a power cut, so the rows that follow may.
  for (const fs::path& directory : directories_of(impl_->store.layout, image, manifest, index)) {
    sync_directory(directory);
  }

  auto database = impl_->store.database.lock();
  Transaction transaction(*database, Commit::durable);
  const auto require = [&](ObjectKind kind, const oci::Digest& digest) {
    const bool there = impl_->take(*database, {kind, digest}) ||
                       (kind == ObjectKind::blob && impl_->take(*database, {ObjectKind::layer, digest}));
    if (!there) {
      throw Error(Code::internal,
                  fmt::format("put image {}: {} {} is not in the store", image.id.str(), name_of(kind), digest.str()));
    }
  };
  require(ObjectKind::blob, image.id);
  require(ObjectKind::blob, manifest.digest());
  for (const oci::Descriptor& blob : manifest.layers()) {
    require(ObjectKind::blob, blob.digest);
  }
  for (const oci::DiffId& layer : image.layers) {
    require(ObjectKind::layer, layer.digest);
  }
  if (index != nullptr) {
    require(ObjectKind::blob, index->digest());
    put_index_row(*database, *index, manifest.digest());
  }
  ImageRecord record = image;
  record.manifest = manifest.digest();
  record.manifest_media_type = manifest.media_type();
  put_image_row(*database, record);
  put_manifest_row(*database, manifest, image.id);
  const oci::Digest& target = index != nullptr ? index->digest() : manifest.digest();
  for (const oci::Reference& name : names) {
    put_name(*database, {name, target, image.id});
  }
  transaction.commit();
}

}  // namespace nacre::store
