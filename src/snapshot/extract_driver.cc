#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/temp.h"
#include "erofs/image_reader.h"
#include "snapshot/drivers.h"
#include "snapshot/tree_extractor.h"
#include "store/chain_files.h"

namespace nacre::snapshot {

namespace {

void extract_chain(const store::Layout& layout, store::Lease& lease, std::span<const oci::DiffId> layers,
                   const oci::ChainId& chain, const fs::path& root, const CancelToken& cancel) {
  const TempDir scratch(lease.ingest_directory(), "extract-");
  const Fd directory = open_file(scratch.path(), O_RDONLY | O_DIRECTORY);
  const MappedFile image(open_file(layout.chain_index(chain), O_RDONLY));
  store::ChainFiles files(layout, layers);
  extract_tree(erofs::read_image(image.bytes()), files, directory, cancel);
  // The whole tree is durable before it has its name: one sync of the file system instead of one a file.
  if (::syncfs(directory.get()) != 0) {
    throw sys_error("sync file system of", scratch.path().native());
  }
  rename_new(scratch.path() / "root", root);
  sync_directory(root.parent_path());
}

}  // namespace

Mount ExtractDriver::mount(store::Store& store, std::span<const oci::DiffId> layers, const fs::path& target,
                           const CancelToken& cancel) {
  if (layers.empty()) {
    return mount_nothing(target);
  }
  const oci::ChainId chain = oci::chain_id(layers);
  const fs::path root = store.layout().chain_root(chain);
  if (!path_exists(root)) {
    store::Lease lease = hold_chain(store, layers, cancel);
    // Two processes that want the same tree lay it out once.
    const FileLock lock = store.lock_work(chain.digest, cancel);
    if (!path_exists(root)) {
      with_context([&] { return "extract " + chain.digest.str(); },
                   [&] { extract_chain(store.layout(), lease, layers, chain, root, cancel); });
    }
  }
  return mount_bind(root, target, BindAccess::read_only);
}

}  // namespace nacre::snapshot
