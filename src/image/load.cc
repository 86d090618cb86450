#include "image/load.h"

#include <algorithm>
#include <set>

#include <fcntl.h>
#include <fmt/format.h>

#include "base/error.h"
#include "base/worker_pool.h"
#include "erofs/image_reader.h"
#include "image/full_disk.h"
#include "image/load_context.h"
#include "image/new_image.h"
#include "oci/media_type.h"
#include "store/layer_ingest.h"

namespace nacre::image {

std::optional<store::LayerRecord> LoadContext::layer_here(const WantedLayer& wanted) {
  const auto lease = lease_.lock();
  auto layer = (*lease)->hold_layer(wanted.diff_id);
  // The layer may have come in another compression: the bytes that this manifest names are wanted too.
  if (layer && wanted.blob && !(*lease)->hold_blob(*wanted.blob)) {
    return std::nullopt;
  }
  return layer;
}

store::LayerRecord LoadContext::bring_layer(const WantedLayer& wanted) {
  const std::string shown = wanted.diff_id.digest.short_id();
  if (auto layer = layer_here(wanted)) {
    return std::move(*layer);
  }
  // Whoever comes second waits here, and then finds the work done.
  const FileLock work = store_.lock_work(wanted.diff_id.digest, cancel_);
  if (auto layer = layer_here(wanted)) {
    return std::move(*layer);
  }
  const std::uint64_t total = members_.size(wanted.path);
  store::IngestedLayer ingested =
      members_.layer(wanted.path, {wanted.diff_id, wanted.blob}, cancel_,
                     [&](std::uint64_t done) { observer_.layer_progress(shown, done, total); });
  store::LayerRecord record = store::commit_layer(**lease_.lock(), std::move(ingested));
  observer_.layer_done(shown);
  return record;
}

std::vector<store::LayerRecord> LoadContext::bring_layers(const std::vector<WantedLayer>& wanted) {
  std::vector<std::optional<store::LayerRecord>> brought(wanted.size());
  WorkerPool pool;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    pool.submit([&, i] {
      with_context([&] { return "layer " + wanted[i].diff_id.digest.str(); },
                   [&] { brought[i] = bring_layer(wanted[i]); });
    });
  }
  pool.wait();
  std::vector<store::LayerRecord> layers;
  for (auto& layer : brought) {
    layers.push_back(std::move(layer.value()));
  }
  return layers;
}

void LoadContext::finish_image(const oci::ImageConfig& config, const oci::Manifest& manifest,
                               const std::vector<store::LayerRecord>& layers, const std::vector<oci::Reference>& names,
                               const oci::Index* index) {
  std::vector<MovedName> moved;
  for (const auto& name : names) {
    const auto before = store_.find_name(name);
    if (before && before->image != config.digest()) {
      moved.push_back({name, before->image});
    }
  }
  put_new_image(store_, **lease_.lock(), config, manifest, layers, names, index, cancel_);
  for (const auto& each : moved) {
    observer_.name_moved(each);
  }
  observer_.image_loaded({config.digest(), names, config.platform()});
}

namespace {

void load_members(store::Store& store, Members& members, store::Lease& lease, const LoadOptions& options,
                  LoadObserver& observer, const CancelToken& cancel) {
  LoadContext context(store, members, lease, options, observer, cancel);
  // Archives of docker 25 and later are both; the OCI half keeps the digests.
  if (members.has("index.json") && members.has("oci-layout")) {
    load_oci_layout(context);
  } else if (members.has("manifest.json")) {
    load_docker_archive(context);
  } else if (members.has("repositories")) {
    throw Error(Code::unsupported,
                "the archive was made by a docker older than 1.10; load it into docker and save it again");
  } else {
    throw Error(
        Code::corrupt,
        "neither manifest.json (docker-archive) nor index.json with oci-layout (OCI layout) is in it; a tar of a "
        "root file system goes in with `nacre import`");
  }
}

}  // namespace

void load_archive(store::Store& store, Fd file, const LoadOptions& options, LoadObserver& observer,
                  const CancelToken& cancel) {
  giving_back_when_full(store, [&] {
    store::Lease lease = store.lease();
    const MembersContext context{lease.ingest_directory(), cancel, [&](std::string_view path, std::uint64_t bytes) {
                                   observer.layer_progress(path, bytes, 0);
                                 }};
    const auto members = open_archive_members(std::move(file), context);
    load_members(store, *members, lease, options, observer, cancel);
  });
}

void load_directory(store::Store& store, const fs::path& directory, const LoadOptions& options, LoadObserver& observer,
                    const CancelToken& cancel) {
  giving_back_when_full(store, [&] {
    store::Lease lease = store.lease();
    const auto members = open_directory_members(directory, {lease.ingest_directory(), cancel, {}});
    load_members(store, *members, lease, options, observer, cancel);
  });
}

}  // namespace nacre::image
