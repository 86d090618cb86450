#include "image/push_layers.h"

#include "base/error.h"
#include "base/worker_pool.h"
#include "image/push_body.h"
#include "oci/media_type.h"

namespace nacre::image {

namespace {

constexpr unsigned blobs_at_once = 4;
constexpr std::size_t most_mount_tries = 3;

bool is_plain_tar(const oci::Descriptor& layer) {
  return layer.media_type == oci::media_type::oci_layer || layer.media_type == oci::media_type::docker_layer;
}

// A layer that others may fetch where we did, and that is not ours to give away.
bool is_foreign(const oci::Descriptor& layer) {
  return oci::media_type::is_foreign_layer(layer.media_type) && !layer.urls.empty();
}

}  // namespace

BlobPusher::BlobPusher(store::Store& store, store::Lease& lease, registry::Repository& repository,
                       const oci::Reference& name, const PushOptions& options, PushObserver& observer,
                       const CancelToken& cancel)
    : store_(store),
      lease_(&lease),
      repository_(repository),
      name_(name),
      options_(options),
      observer_(observer),
      cancel_(cancel),
      ingest_(lease.ingest_directory()) {}

std::vector<oci::Descriptor> BlobPusher::send_layers(const oci::Manifest& manifest,
                                                     std::span<const oci::DiffId> diff_ids, PlainTars plain_tars) {
  const auto& layers = manifest.layers();
  std::map<oci::Digest, std::optional<oci::Descriptor>> sent;
  WorkerPool pool(blobs_at_once);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const auto [place, is_new] = sent.try_emplace(layers[i].digest);
    if (is_new) {
      observer_.layer_waits(diff_ids[i].digest.short_id());
      pool.submit([&, i, result = &place->second] {
        with_context([&] { return "layer " + diff_ids[i].digest.str(); },
                     [&] { *result = send_layer(layers[i], diff_ids[i], plain_tars); });
      });
    }
  }
  pool.wait();
  std::vector<oci::Descriptor> descriptors;
  for (const auto& layer : layers) {
    descriptors.push_back(sent.at(layer.digest).value());
  }
  return descriptors;
}

void BlobPusher::send_config(const oci::Descriptor& config) {
  if (!repository_.has_blob(config.digest, cancel_)) {
    StoredBody body(store_.open_blob(config.digest), config.digest, [](std::uint64_t, std::uint64_t) {});
    repository_.send_blob(body, cancel_);
  }
}

oci::Descriptor BlobPusher::send_layer(const oci::Descriptor& layer, const oci::DiffId& diff_id, PlainTars plain_tars) {
  const std::string shown = diff_id.digest.short_id();
  if (is_foreign(layer)) {
    observer_.layer_skipped(shown);
    return layer;
  }
  if (is_plain_tar(layer) && plain_tars == PlainTars::compress) {
    return send_compressed(layer, shown);
  }
  send_stored(layer, shown);
  return layer;
}

void BlobPusher::send_stored(const oci::Descriptor& blob, const std::string& shown) {
  if (repository_.has_blob(blob.digest, cancel_)) {
    observer_.layer_there(shown);
    return;
  }
  if (const auto from = repository_.mount_blob(blob.digest, mountable_from(blob.digest), cancel_)) {
    observer_.layer_mounted(shown, *from);
    return;
  }
  StoredBody body(store_.open_blob(blob.digest), blob.digest,
                  [&](std::uint64_t done, std::uint64_t total) { observer_.layer_progress(shown, done, total); });
  repository_.send_blob(body, cancel_);
  observer_.layer_sent(shown);
}

oci::Descriptor BlobPusher::send_compressed(const oci::Descriptor& layer, const std::string& shown) {
  CompressedBody body(
      store_.open_blob(layer.digest), ingest_, options_.compression,
      [&](std::uint64_t done, std::uint64_t total) { observer_.layer_progress(shown, done, total); }, cancel_);
  repository_.send_blob(body, cancel_);
  const bool is_zstd = options_.compression.format == archive::Compression::zstd;
  oci::Descriptor sent{
      .media_type = std::string(is_zstd ? oci::media_type::oci_layer_zstd : oci::media_type::oci_layer_gzip),
      .digest = body.digest(),
      .size = body.length().value()};
  (*lease_.lock())->adopt_blob(body.take_file(), sent.digest, sent.size);
  observer_.layer_sent(shown);
  return sent;
}

std::vector<std::string> BlobPusher::mountable_from(const oci::Digest& blob) {
  std::call_once(neighbours_read_, [&] {
    for (const auto& other : store_.names()) {
      if (other.name.domain() == name_.domain() && other.name.path() != name_.path()) {
        for (const auto& known : store_.blobs_of(other.image)) {
          neighbours_[known].insert(other.name.path());
        }
      }
    }
  });
  std::vector<std::string> repositories;
  if (const auto found = neighbours_.find(blob); found != neighbours_.end()) {
    for (const auto& repository : found->second) {
      if (repositories.size() < most_mount_tries) {
        repositories.push_back(repository);
      }
    }
  }
  return repositories;
}

}  // namespace nacre::image
