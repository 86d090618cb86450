// Brings images from registries into the store. How: docs/design/pull.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "oci/platform.h"
#include "oci/reference.h"
#include "registry/repository.h"
#include "store/store.h"

namespace nacre::image {

// Who wants to follow a pull. Called from several threads, one call at a time for each layer. layer: the short digest
// of its blob, as docker shows it.
class PullObserver {
 public:
  virtual ~PullObserver() = default;
  virtual void resolved() = 0;                          // the name leads to an image; its layers come next
  virtual void layer_here(std::string_view layer) = 0;  // already
  virtual void layer_waits(std::string_view layer) = 0;
  virtual void layer_progress(std::string_view layer, std::uint64_t done, std::uint64_t total) = 0;
  virtual void layer_done(std::string_view layer) = 0;
};

enum class Platforms : std::uint8_t { one, all };

struct PullOptions {
  std::optional<oci::Platform> platform;  // nothing: the host's
  Platforms platforms = Platforms::one;   // all: every image of an index
};

struct PulledImage {
  oci::Digest digest;  // of the manifest or index that the name stands for
  oci::Digest id;
  bool is_new = false;                                 // the name did not stand for it before
  std::optional<registry::RateLimit> rate_limit = {};  // where the registry says it has one
};

// Pulls what a reference names (tag latest when none). The image is visible, under the name, once it is whole and
// durable; an error leaves what was fetched for the next try. Everything is verified: documents against their digests,
// layers against blob digest and diff ID. Throws Error: not_found, permission_denied, unavailable, corrupt,
// unsupported, no_space.
PulledImage pull(store::Store& store, registry::Client& client, const oci::Reference& reference,
                 const PullOptions& options, PullObserver& observer, const CancelToken& cancel);

}  // namespace nacre::image
