#include <map>

#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/temp.h"
#include "erofs/image_reader.h"
#include "snapshot/drivers.h"
#include "snapshot/tree_extractor.h"

namespace nacre::snapshot {

namespace {

// The files a chain's tree takes its data from.
class ChainFiles {
 public:
  ChainFiles(const store::Layout& layout, std::span<const oci::DiffId> layers) : layout_(layout), layers_(layers) {}

  // Opened when first needed and kept: tars are read in the order of the tree, in turns. The most recent ones only, so
  // that a stack of a thousand layers does not run out of descriptors.
  const Fd& file(std::uint16_t device) {
    if (const auto found = open_.find(device); found != open_.end()) {
      return found->second;
    }
    if (device >= layers_.size()) {
      throw Error(Code::corrupt, "the index refers to a layer that the stack does not have");
    }
    constexpr std::size_t max_open = 64;
    if (open_.size() >= max_open) {
      open_.clear();
    }
    return open_.emplace(device, open_file(layout_.layer_tar(layers_[device]), O_RDONLY)).first->second;
  }

 private:
  const store::Layout& layout_;
  std::span<const oci::DiffId> layers_;
  std::map<std::uint16_t, Fd> open_;
};

void extract_chain(const store::Layout& layout, store::Lease& lease, std::span<const oci::DiffId> layers,
                   const oci::ChainId& chain, const fs::path& root, const CancelToken& cancel) {
  const TempDir scratch(lease.ingest_directory(), "extract-");
  const Fd directory = open_file(scratch.path(), O_RDONLY | O_DIRECTORY);
  const MappedFile image(open_file(layout.chain_index(chain), O_RDONLY));
  ChainFiles files(layout, layers);
  extract_tree(
      erofs::read_image(image.bytes()), [&](std::uint16_t device) -> const Fd& { return files.file(device); },
      directory, cancel);
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
  const fs::path root = store.layout().chain(chain) / "root";
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
