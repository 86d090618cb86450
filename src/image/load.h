// Brings images from archives into the store.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/file.h"
#include "oci/platform.h"
#include "oci/reference.h"
#include "store/store.h"

namespace nacre::image {

struct LoadedImage {
  oci::Digest id;
  std::vector<oci::Reference> names;  // as given by the archive; none for an untagged image
  oci::Platform platform;
};

// A name that an archive took from another image of the store.
struct MovedName {
  oci::Reference name;
  oci::Digest previous;
};

// Who wants to follow a load. Called from several threads, one call at a time for each layer.
class LoadObserver {
 public:
  virtual ~LoadObserver() = default;
  // A layer of `total` bytes in the archive has come to `done`; 0 of both: it is here already.
  virtual void layer_progress(std::string_view layer, std::uint64_t done, std::uint64_t total) = 0;
  virtual void layer_done(std::string_view layer) = 0;
  virtual void name_moved(const MovedName& moved) = 0;
  virtual void image_loaded(const LoadedImage& image) = 0;
};

struct LoadOptions {
  std::optional<oci::Platform> platform;  // nothing: every image the archive holds
};

// Loads every image of an archive: docker-archive (`manifest.json`) or OCI layout (`index.json`), the latter as tar or
// directory, the tar plain or compressed, from a file or a pipe. Each image is visible as soon as it is whole and
// durable; an error leaves those before it. What the archive holds under a digest is verified and kept byte for byte.
// Throws Error.
void load_archive(store::Store& store, Fd file, const LoadOptions& options, LoadObserver& observer,
                  const CancelToken& cancel);
void load_directory(store::Store& store, const fs::path& directory, const LoadOptions& options, LoadObserver& observer,
                    const CancelToken& cancel);

}  // namespace nacre::image
