#include "store/disk_usage.h"

#include <algorithm>
#include <memory>

#include <fts.h>
#include <sys/stat.h>

#include "base/error.h"
#include "store/store_impl.h"

namespace nacre::store {

namespace {

struct CloseWalk {
  void operator()(FTS* walk) const noexcept { ::fts_close(walk); }
};

}  // namespace

std::uint64_t allocated_bytes(const fs::path& path, SeenInodes& seen) {
  std::string start = path.native();
  char* const starts[] = {start.data(), nullptr};
  const std::unique_ptr<FTS, CloseWalk> walk(::fts_open(starts, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, nullptr));
  if (!walk) {
    throw sys_error("walk", start);
  }
  std::uint64_t bytes = 0;
  while (const FTSENT* entry = ::fts_read(walk.get())) {
    if (entry->fts_info == FTS_DP || entry->fts_info == FTS_NS || entry->fts_info == FTS_ERR) {
      continue;
    }
    const struct stat& info = *entry->fts_statp;
    const bool counted = !S_ISDIR(info.st_mode) && info.st_nlink > 1 && !seen.emplace(info.st_dev, info.st_ino).second;
    bytes += counted ? 0 : static_cast<std::uint64_t>(info.st_blocks) * 512;
  }
  return bytes;
}

DiskUsage Store::disk_usage() const {
  const Layout& layout = impl_->layout;
  SeenInodes seen;
  DiskUsage usage;
  usage.blobs = allocated_bytes(layout.blobs(), seen);
  for (const std::string& algorithm : list_directory(layout.layers())) {
    for (const std::string& name : list_directory(layout.layers() / algorithm)) {
      SeenInodes alone;
      usage.indexes += allocated_bytes(layout.layers() / algorithm / name / "index", alone);
    }
  }
  // The directories count, too, or the sum would not be what is on disk.
  const std::uint64_t layers = allocated_bytes(layout.layers(), seen);
  usage.tars = layers - std::min(usage.indexes, layers);
  usage.chains = allocated_bytes(layout.chains(), seen);
  for (const std::string& id : list_directory(layout.containers())) {
    usage.containers += allocated_bytes(layout.containers() / id, seen);
  }
  usage.trash = allocated_bytes(layout.trash(), seen);
  usage.ingest = allocated_bytes(layout.ingest(), seen) + allocated_bytes(layout.downloads(), seen);
  for (const char* suffix : {"", "-wal", "-shm"}) {
    usage.database += allocated_bytes(layout.database().native() + suffix, seen);
  }
  return usage;
}

}  // namespace nacre::store
