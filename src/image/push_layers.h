// The blobs of an image on their way to a registry. Internal to image/.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "base/guarded.h"
#include "image/push.h"

namespace nacre::image {

class BlobPusher {
 public:
  BlobPusher(store::Store& store, store::Lease& lease, registry::Repository& repository, const oci::Reference& name,
             const PushOptions& options, PushObserver& observer, const CancelToken& cancel);

  // Sends the layers of a manifest, several at a time, and returns their descriptors as they were sent: those that are
  // plain tars are compressed on the way. diff_ids: of the layers, in the same order.
  enum class PlainTars : std::uint8_t { compress, keep };
  std::vector<oci::Descriptor> send_layers(const oci::Manifest& manifest, std::span<const oci::DiffId> diff_ids,
                                           PlainTars plain_tars);
  void send_config(const oci::Descriptor& config);

 private:
  oci::Descriptor send_layer(const oci::Descriptor& layer, const oci::DiffId& diff_id, PlainTars plain_tars);
  void send_stored(const oci::Descriptor& blob, const std::string& shown);
  oci::Descriptor send_compressed(const oci::Descriptor& layer, const std::string& shown);
  // Other repositories of the same registry that, as far as the store knows, have the blob.
  std::vector<std::string> mountable_from(const oci::Digest& blob);

  store::Store& store_;
  Guarded<store::Lease*> lease_;
  registry::Repository& repository_;
  const oci::Reference& name_;
  const PushOptions& options_;
  PushObserver& observer_;
  const CancelToken& cancel_;
  fs::path ingest_;
  std::once_flag neighbours_read_;
  std::map<oci::Digest, std::set<std::string>> neighbours_;  // blob: repositories
};

}  // namespace nacre::image
