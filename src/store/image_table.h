// Rows of images, their manifests and the indexes that list them. Internal to store/.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "store/database.h"
#include "store/store.h"

namespace nacre::store {

// Newest first: created, then loaded.
std::vector<ImageRecord> all_images(Database& database);
std::optional<ImageRecord> find_image(Database& database, const oci::Digest& id);
bool has_image(Database& database, const oci::Digest& id);
std::vector<oci::Digest> images_with_prefix(Database& database, std::string_view hex);
// Images that a manifest, or an index with what it nests, leads to.
std::vector<oci::Digest> images_of_target(Database& database, const oci::Digest& target);
std::vector<oci::Digest> children_of(Database& database, const oci::Digest& image);
bool is_used_by_container(Database& database, const oci::Digest& image);

// Whether a name of the image may point at this manifest or index.
bool leads_to(Database& database, const oci::Digest& target, const oci::Digest& image);

// Inserts an image, or refreshes what can change of one that is there: its newest manifest and a parent not known
// before.
void put_image_row(Database& database, const ImageRecord& image);
void put_manifest_row(Database& database, const oci::Manifest& manifest, const oci::Digest& image);
// `manifest` is one that it leads to, be it through an index in between.
void put_index_row(Database& database, const oci::Index& index, const oci::Digest& manifest);
// With its names, layers and manifests.
void delete_image_row(Database& database, const oci::Digest& image);
void delete_unneeded_indexes(Database& database);

// Every blob an image refers to: config, manifests, what these name, and the indexes that list them.
std::vector<oci::Digest> blobs_of_image(Database& database, const oci::Digest& image);

}  // namespace nacre::store
