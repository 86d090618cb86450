#include "image/history.h"

#include <algorithm>

#include "image/lookup.h"

namespace nacre::image {

std::vector<HistoryRow> image_history(const store::Store& store, const store::ImageRecord& image) {
  const oci::ImageConfig config = read_config(store, image.id);
  std::vector<HistoryRow> rows;  // oldest first, until the end
  std::size_t next_layer = 0;
  const auto take_layer = [&](HistoryRow& row) {
    row.layer = config.diff_ids()[next_layer++];
    const auto record = store.find_layer(*row.layer);
    row.size = record ? record->content_size : 0;
  };
  for (const auto& entry : config.history()) {
    HistoryRow row{entry.created, entry.created_by, entry.comment, std::nullopt, 0, {}};
    if (!entry.empty_layer && next_layer < config.diff_ids().size()) {
      take_layer(row);
    }
    rows.push_back(std::move(row));
  }
  while (next_layer < config.diff_ids().size()) {
    HistoryRow row{config.created(), "", "", std::nullopt, 0, {}};
    take_layer(row);
    rows.push_back(std::move(row));
  }
  std::ranges::reverse(rows);
  if (!rows.empty()) {
    for (const auto& name : store.names_of(image.id)) {
      rows.front().names.push_back(name.name.familiar());
    }
  }
  return rows;
}

}  // namespace nacre::image
