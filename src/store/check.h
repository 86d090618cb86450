// Reads every byte of a store and names what is wrong.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace nacre::store {

enum class Repair { no, yes };

struct Finding {
  std::string object;   // "layer sha256:...", "blob sha256:...", "image sha256:...", "file blobs/x", "database"
  std::string problem;  // "tar does not match its diff ID"
  std::string outcome;  // "rebuilt from blob sha256:...", "moved to trash; load alpine:3.20 again", "" without repair
  bool repaired = false;
};

struct CheckReport {
  std::vector<Finding> findings;
  std::uint64_t blobs = 0, layers = 0, chains = 0, images = 0, bytes_read = 0;
  // What killed processes left behind: no damage, and gone with the next removal (or this repair).
  std::uint64_t leftovers = 0;

  bool clean() const noexcept { return findings.empty(); }
};

// Verifies the database (integrity_check, foreign keys), every blob against its digest, every tar against its diff ID,
// every index against its tar and every chain against its layers (made again and compared), the plain files that a
// chain was laid out as against the chain, that every image has all it names, and that no content is without a row (the
// directories of containers are swept by whoever runs the next one). With repair: caches are rebuilt from blobs, files
// that belong to nobody go to the trash, an image whose truth is lost is reported and left to the user: it is whole
// again once it was loaded again. What live processes work on is left alone, and they may go on. Cancellation is
// honoured between and within objects. progress(object) is called before each object. Throws Error where checking
// itself fails, not for what it finds.
CheckReport check(Store& store, Repair repair, const CancelToken& cancel,
                  const std::function<void(std::string_view)>& progress = {});

}  // namespace nacre::store
