#include "image/disk_usage.h"

#include <map>
#include <set>

#include "image/lookup.h"
#include "store/disk_usage.h"

namespace nacre::image {

namespace {

// Every path that an image owns, alone or with others.
std::set<fs::path> paths_of(const store::Store& store, const store::ImageRecord& image) {
  const store::Layout& layout = store.layout();
  std::set<fs::path> paths = {layout.blob(image.id)};
  for (const auto& blob : store.blobs_of(image.id)) {
    paths.insert(layout.blob(blob));
  }
  for (const auto& layer : image.layers) {
    paths.insert(layout.layer(layer));
  }
  if (!image.layers.empty()) {
    paths.insert(layout.chain(oci::chain_id(image.layers)));
  }
  return paths;
}

struct Owned {
  std::uint64_t bytes = 0;
  std::vector<std::size_t> owners;  // positions in the list of images
};

}  // namespace

Usage disk_usage(const store::Store& store) {
  Usage usage;
  const store::DiskUsage on_disk = store.disk_usage();
  usage.images_total = on_disk.blobs + on_disk.tars + on_disk.indexes + on_disk.chains;
  usage.containers_total = on_disk.containers;

  std::map<oci::Digest, std::size_t> users;
  for (const auto& container : store.containers()) {
    ++users[container.image];
    ++usage.containers;
    usage.containers_running += container.state == "running" ? 1U : 0U;
  }
  usage.containers_reclaimable = usage.containers_running == 0 ? usage.containers_total : 0;

  std::map<fs::path, Owned> owned;
  for (auto& listed : list_images(store, {}, Intermediate::show)) {
    for (const auto& path : paths_of(store, listed.image)) {
      owned[path].owners.push_back(usage.images.size());
    }
    const auto used_by = users.find(listed.image.id);
    const std::size_t containers = used_by == users.end() ? 0 : used_by->second;
    usage.images_active += containers > 0 ? 1U : 0U;
    usage.images.push_back({std::move(listed), 0, 0, containers});
  }
  std::uint64_t all_owned = 0;
  store::SeenInodes seen;
  for (auto& [path, item] : owned) {
    item.bytes = path_exists(path) ? store::allocated_bytes(path, seen) : 0;
    all_owned += item.bytes;
    bool active = false;
    for (const std::size_t owner : item.owners) {
      (item.owners.size() == 1 ? usage.images[owner].unique : usage.images[owner].shared) += item.bytes;
      active = active || usage.images[owner].containers > 0;
    }
    usage.shared += item.owners.size() > 1 ? item.bytes : 0;
    usage.images_reclaimable += active ? 0 : item.bytes;
  }
  usage.unowned = usage.images_total > all_owned ? usage.images_total - all_owned : 0;
  return usage;
}

}  // namespace nacre::image
