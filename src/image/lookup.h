// From what a user types to an image.
#pragma once

#include <string_view>

#include "store/store.h"
#include "tree/file_tree.h"

namespace nacre::image {

struct Found {
  store::ImageRecord image;
  std::optional<store::NameRecord> name;  // the name that led here; nothing when it was an ID
};

// A name (tag latest when none), name@digest, or an unambiguous prefix of the ID with or without "sha256:". Docker's
// order: a name that exists wins over an ID prefix. Nothing when there is none; throws Error (invalid_argument) for an
// ambiguous prefix. With a platform, the image of that platform among those the name leads to; Error (not_found) when
// the name has none such.
std::optional<Found> find(const store::Store& store, std::string_view text,
                          const std::optional<oci::Platform>& platform = {});
// The same, throwing Error (not_found) "No such image: <text>"; what can be no name and is no ID of an image here is
// refused in docker's words (invalid_argument), see Reference::parse.
Found get(const store::Store& store, std::string_view text, const std::optional<oci::Platform>& platform = {});

oci::ImageConfig read_config(const store::Store& store, const oci::Digest& image);

// The merged tree of an image, from its chain index (made if missing) or, for one layer, from the layer's.
tree::FileTree read_tree(store::Store& store, const store::ImageRecord& image, const CancelToken& cancel);

}  // namespace nacre::image
