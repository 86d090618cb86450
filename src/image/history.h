// How an image came to be, row by row.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/store.h"

namespace nacre::image {

struct HistoryRow {
  std::optional<Timestamp> created;
  std::string created_by;
  std::string comment;
  std::optional<oci::DiffId> layer;  // nothing for a step that changed no files
  std::uint64_t size = 0;            // of the layer's files
  std::vector<std::string> names;    // of the image that this row completes: the top row's
};

// Newest first. Every layer of the image has its row: layers that the config's history does not speak of get one
// without words, so that the sizes add up to the image's.
std::vector<HistoryRow> image_history(const store::Store& store, const store::ImageRecord& image);

}  // namespace nacre::image
