// What every way into the store ends with. Internal to image/.
#pragma once

#include <span>
#include <vector>

#include "store/store.h"

namespace nacre::image {

// Puts config, manifest and index in and makes the image visible under its names, moved from whatever they named.
void put_new_image(store::Store& store, store::Lease& lease, const oci::ImageConfig& config,
                   const oci::Manifest& manifest, const std::vector<store::LayerRecord>& layers,
                   std::span<const oci::Reference> names, const oci::Index* index, const CancelToken& cancel);

// The record of an image as the store keeps it.
store::ImageRecord image_record(const oci::ImageConfig& config, const oci::Manifest& manifest,
                                const std::vector<store::LayerRecord>& layers);
// Throws Error (corrupt) when a config has more or fewer diff IDs than its image has layers.
void require_layer_count(const oci::ImageConfig& config, std::size_t layers);
// Throws Error (corrupt) when a layer has a hard link to a file that no layer below it has: such a stack cannot be
// merged. `lease` holds the layers.
void require_linked_files(store::Store& store, store::Lease& lease, std::span<const oci::DiffId> layers,
                          const CancelToken& cancel);
// How a layer of the store is described in a manifest made here: by its compressed form if asked and there is one,
// otherwise as the plain tar.
oci::Descriptor plain_layer_descriptor(const store::LayerRecord& layer);
oci::Descriptor config_descriptor(const oci::ImageConfig& config);

}  // namespace nacre::image
