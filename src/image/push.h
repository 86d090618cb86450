// Sends images of the store to registries. How: docs/design/push.md.
#pragma once

#include <optional>
#include <string_view>

#include "archive/block_compressor.h"
#include "base/cancel.h"
#include "oci/reference.h"
#include "registry/repository.h"
#include "store/store.h"

namespace nacre::image {

// Who wants to follow a push. Called from several threads, one call at a time for each layer. layer: the short diff ID,
// as docker's push shows it.
class PushObserver {
 public:
  virtual ~PushObserver() = default;
  virtual void layer_waits(std::string_view layer) = 0;
  // total: 0 as long as the layer is being compressed.
  virtual void layer_progress(std::string_view layer, std::uint64_t done, std::uint64_t total) = 0;
  virtual void layer_skipped(std::string_view layer) = 0;  // its licence forbids to pass it on
  virtual void layer_there(std::string_view layer) = 0;
  virtual void layer_mounted(std::string_view layer, std::string_view from) = 0;
  virtual void layer_sent(std::string_view layer) = 0;
  // Of an index, only one image is here: that is what was sent.
  virtual void only_one_platform(const oci::Platform& platform) = 0;
};

struct PushOptions {
  std::optional<oci::Platform> platform;     // of an index: only the image of this platform
  archive::CompressionChoice compression{};  // of layers that no compressed form is here of
};

struct PushedImage {
  oci::Digest digest;  // of the manifest or index
  std::uint64_t size;  // its bytes
};

// Sends what a name of the store stands for, under that name. What came from a registry goes out with the digests it
// came with. A layer of which only the tar is here is compressed while it is sent, once: its compressed form and the
// manifest that names it are the store's from then on. Throws Error: not_found when the store has no such name;
// permission_denied, unavailable, corrupt as the registry has it.
PushedImage push(store::Store& store, registry::Client& client, const oci::Reference& name, const PushOptions& options,
                 PushObserver& observer, const CancelToken& cancel);

}  // namespace nacre::image
