#include <optional>
#include <vector>

#include <sys/mount.h>

#include "base/error.h"
#include "snapshot/drivers.h"
#include "snapshot/fs_context.h"
#include "store/layer_ingest.h"

namespace nacre::snapshot {

Mount mount_erofs(const fs::path& image, std::span<const fs::path> devices, const fs::path& target) {
  return with_context([&] { return "EROFS image " + image.native(); },
                      [&] {
                        FsContext context("erofs");
                        context.set_path("source", image);
                        for (const fs::path& device : devices) {
                          context.set_path("device", device);
                        }
                        context.set_flag("ro");
                        context.mount_at(target, MOUNT_ATTR_RDONLY);
                        return Mount(target);
                      });
}

Mount mount_nothing(const fs::path& target) {
  FsContext context("tmpfs");
  context.set("mode", "755");
  context.mount_at(target, MOUNT_ATTR_RDONLY);
  return Mount(target);
}

store::Lease hold_chain(store::Store& store, std::span<const oci::DiffId> layers, const CancelToken& cancel) {
  store::Lease lease = store.lease();
  do {
    cancel.check();
    store::ensure_chain(store, lease, layers, cancel);
  } while (!lease.hold_chain(oci::chain_id(layers)));  // a removal was faster
  return lease;
}

Mount ErofsDriver::mount(store::Store& store, std::span<const oci::DiffId> layers, const fs::path& target,
                         const CancelToken& cancel) {
  if (layers.empty()) {
    return mount_nothing(target);
  }
  const oci::ChainId chain = oci::chain_id(layers);
  std::optional<store::Lease> lease;
  if (!store.has_chain(chain)) {
    lease.emplace(hold_chain(store, layers, cancel));
  }
  std::vector<fs::path> tars;
  tars.reserve(layers.size());
  for (const oci::DiffId& layer : layers) {
    tars.push_back(store.layout().layer_tar(layer));
  }
  return mount_erofs(store.layout().chain_index(chain), tars, target);
}

}  // namespace nacre::snapshot
