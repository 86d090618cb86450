// Where the bytes of the store are.
#pragma once

#include <vector>

#include "image/list.h"
#include "store/store.h"

namespace nacre::image {

// Of one image, in bytes on disk (allocated blocks): what only this image has, and what it shares with others.
struct ImageUsage {
  ListedImage listed;
  std::uint64_t unique = 0;
  std::uint64_t shared = 0;
  std::size_t containers = 0;
};

struct Usage {
  std::vector<ImageUsage> images;        // newest first
  std::uint64_t shared = 0;              // what several images have, each byte once
  std::uint64_t unowned = 0;             // what no image has: leftovers of a crash, or work under way
  std::uint64_t images_total = 0;        // blobs, layers and chains on disk = sum of unique + shared + unowned
  std::uint64_t images_reclaimable = 0;  // what `image prune --all` would give back
  std::size_t images_active = 0;         // used by containers
  std::size_t containers = 0;
  std::size_t containers_running = 0;
  std::uint64_t containers_total = 0;
  std::uint64_t containers_reclaimable = 0;
};

// Measured, not added up from records: every file of the images is looked at.
Usage disk_usage(const store::Store& store);

}  // namespace nacre::image
