#include "image/pull_layers.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/worker_pool.h"
#include "image/blob_fetch.h"
#include "store/layer_ingest.h"

namespace nacre::image {

namespace {

// Layers at once: enough to keep a link busy, few enough for their buffers to stay small.
constexpr unsigned layers_at_once = 4;
// Cells that all fetches together may be ahead of their readers: 24 MiB.
constexpr std::uint64_t cells_ahead = 96;
constexpr std::uint64_t most_cells_ahead = 64;

}  // namespace

std::optional<store::LayerRecord> LayerPuller::layer_here(const Wanted& wanted) {
  const auto lease = lease_.lock();
  auto layer = (*lease)->hold_layer(wanted.diff_id);
  // The layer may have come in another compression: the bytes that this manifest names are wanted too.
  if (layer && !(*lease)->hold_blob(wanted.blob.digest)) {
    return std::nullopt;
  }
  return layer;
}

std::vector<store::LayerRecord> LayerPuller::bring(const oci::Manifest& manifest, const oci::ImageConfig& config) {
  std::vector<Wanted> wanted;
  std::vector<Wanted> missing;
  std::set<oci::Digest> seen;
  for (std::size_t i = 0; i < manifest.layers().size(); ++i) {
    wanted.push_back({manifest.layers()[i], config.diff_ids()[i]});
    const std::string shown = wanted[i].blob.digest.short_id();
    if (!seen.insert(wanted[i].blob.digest).second) {
      continue;
    }
    if (layer_here(wanted[i])) {
      observer_.layer_here(shown);
    } else {
      observer_.layer_waits(shown);
      missing.push_back(wanted[i]);
    }
  }
  require_space(missing);
  const std::uint64_t at_once = std::clamp<std::uint64_t>(missing.size(), 1, layers_at_once);
  window_ = std::min(most_cells_ahead, cells_ahead / at_once);
  {
    WorkerPool pool(layers_at_once);
    for (const Wanted& each : missing) {
      pool.submit([&] { with_context([&] { return "layer " + each.blob.digest.str(); }, [&] { bring_layer(each); }); });
    }
    pool.wait();
  }
  std::vector<store::LayerRecord> layers;
  for (const Wanted& each : wanted) {
    layers.push_back(bring_layer(each));
  }
  return layers;
}

store::LayerRecord LayerPuller::bring_layer(const Wanted& wanted) {
  if (auto layer = layer_here(wanted)) {
    return std::move(*layer);
  }
  // Whoever comes second waits here, and then finds the work done.
  const FileLock work = store_.lock_work(wanted.diff_id.digest, cancel_);
  if (auto layer = layer_here(wanted)) {
    observer_.layer_done(wanted.blob.digest.short_id());
    return std::move(*layer);
  }
  store::LayerRecord record = fetch_layer(wanted);
  observer_.layer_done(wanted.blob.digest.short_id());
  return record;
}

store::LayerRecord LayerPuller::fetch_layer(const Wanted& wanted) {
  const fs::path ingest = (*lease_.lock())->ingest_directory();
  const std::string shown = wanted.blob.digest.short_id();
  auto partial = store::PartialBlob::open(store_.layout(), wanted.blob.digest, wanted.blob.size, cancel_);
  for (int attempt = 1;; ++attempt) {
    BlobFetch fetch(repository_, wanted.blob, partial, budget_, window_, cancel_);
    try {
      auto layer = store::ingest_layer(
          ingest, fetch, {wanted.diff_id, wanted.blob.digest}, cancel_,
          [&](std::uint64_t done) { observer_.layer_progress(shown, done, wanted.blob.size); },
          store::BlobCopy::leave_out);
      if (layer.record.blobs.empty()) {
        partial.discard();  // the tar is the blob
      } else {
        layer.blob.emplace(partial.finish(ingest));
      }
      return store::commit_layer(**lease_.lock(), std::move(layer));
    } catch (Error& error) {
      if (error.code() != Code::corrupt) {
        throw;
      }
      // Bytes that were damaged on their way may come whole from elsewhere, or now.
      for (const auto& server : fetch.servers()) {
        repository_.avoid(server);
      }
      if (attempt == 2) {
        partial.discard();
        throw error.add_context(fmt::format("fetched twice, last from {}", fmt::join(fetch.servers(), ", ")));
      }
    }
    partial.begin_anew();
  }
}

void LayerPuller::require_space(const std::vector<Wanted>& missing) const {
  std::uint64_t blobs = 0;
  for (const Wanted& each : missing) {
    if (each.blob.size > UINT64_MAX / 4 - blobs) {
      throw Error(Code::corrupt, fmt::format("layer {}: says it has {} bytes", each.blob.digest.str(), each.blob.size));
    }
    blobs += each.blob.size;
  }
  // A layer is kept as it came and as a tar, which is hardly ever smaller.
  const std::uint64_t needed = 2 * blobs;
  const std::uint64_t inodes = 4 * missing.size() + 16;
  const FreeSpace free = free_space(store_.layout().root());
  if (free.bytes < needed) {
    throw Error(Code::no_space, fmt::format("{} has {} bytes left; the layers need at least {}; `nacre image prune -a` "
                                            "gives back what no container uses",
                                            store_.layout().root().native(), free.bytes, needed));
  }
  if (free.inodes != 0 && free.inodes < inodes) {  // 0: a file system that does not count them
    throw Error(Code::no_space, fmt::format("{} has {} inodes left; the layers need {}",
                                            store_.layout().root().native(), free.inodes, inodes));
  }
}

}  // namespace nacre::image
