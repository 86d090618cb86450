// The images of a store, as lists show them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/store.h"

namespace nacre::image {

enum class Intermediate { hide, show };

// A wish like "label=a=b"; several of one kind: any may match, except labels, which must all match.
struct ListFilters {
  // True: no tag leads to it, and no image was built on it; a digest alone (repo@sha256:...) keeps nothing from being
  // pruned. False: some name leads to it, be it a digest. An unnamed parent is neither. All as docker's graph drivers
  // have it.
  std::optional<bool> dangling;
  std::vector<std::string> labels;          // "key" or "key=value"
  std::vector<std::string> without_labels;  // the same, negated ("label!=")
  std::vector<std::string> references;      // patterns, see oci::familiar_match
  std::optional<std::string> before;        // created before this image
  std::optional<std::string> since;         // created after this image
  std::optional<Timestamp> until;           // created before this moment

  // "name=value" as the --filter flag has it. Throws Error (invalid_argument) with docker's texts.
  void add_list_filter(std::string_view text);   // dangling, label, before, since, reference, until
  void add_prune_filter(std::string_view text);  // dangling, label, label!, until
};

struct ListedImage {
  store::ImageRecord image;
  std::vector<store::NameRecord> names;  // those that match a reference filter, if there is one
  bool dangling = false;                 // no name leads to it
};

// Newest first. Throws Error (not_found) when `before` or `since` name no image.
std::vector<ListedImage> list_images(const store::Store& store, const ListFilters& filters, Intermediate intermediate);

// "name=value" as its halves, cut at the first "=". Throws Error (invalid_argument) without one.
std::pair<std::string_view, std::string_view> split_filter(std::string_view text);

// A moment as docker's filters write it: a duration before now ("24h"), a Unix time ("1700000000.5"), or a date with as
// much of the time of day as is wanted ("2023-11-14", "...T22", "...T22:13", "...T22:13:20.5"), each with a zone ("Z",
// "+01:00") or in the local one. Throws Error (invalid_argument).
Timestamp parse_moment(std::string_view text);

}  // namespace nacre::image
