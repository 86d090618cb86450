// From registry to registry, without the store.
#pragma once

#include <optional>
#include <string_view>

#include "base/cancel.h"
#include "oci/reference.h"
#include "registry/repository.h"

namespace nacre::image {

// Who wants to follow a copy. Called from several threads, one call at a time for each blob. blob: its short digest.
class CopyObserver {
 public:
  virtual ~CopyObserver() = default;
  virtual void blob_there(std::string_view blob) = 0;
  virtual void blob_mounted(std::string_view blob) = 0;
  virtual void blob_progress(std::string_view blob, std::uint64_t done, std::uint64_t total) = 0;
  virtual void blob_sent(std::string_view blob) = 0;
};

struct CopyOptions {
  std::optional<oci::Platform> platform;  // nothing: an index is copied whole
};

// Copies what `from` names to `to`, byte for byte, with everything that refers to it (signatures, attestations, SBOMs,
// by the referrers API and by the tags that cosign uses). Blobs that are there already, or in another repository of the
// same registry, are not sent. Nothing is written to disk. Returns the digest that `to` names now. Throws Error as
// pull() and push() do.
oci::Digest copy(registry::Client& client, const oci::Reference& from, const oci::Reference& to,
                 const CopyOptions& options, CopyObserver& observer, const CancelToken& cancel);

}  // namespace nacre::image
