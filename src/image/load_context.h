// What the two archive formats share while loading. Internal to image/.
#pragma once

#include <span>
#include <vector>

#include "base/guarded.h"
#include "image/load.h"
#include "image/members.h"

namespace nacre::image {

// A layer that an image needs: where it is in the archive and what it must turn out to be.
struct WantedLayer {
  std::string path;
  oci::DiffId diff_id;
  std::optional<oci::Digest> blob;  // when the archive names the compressed bytes by digest
};

class LoadContext {
 public:
  LoadContext(store::Store& store, Members& members, store::Lease& lease, const LoadOptions& options,
              LoadObserver& observer, const CancelToken& cancel)
      : store_(store), members_(members), lease_(&lease), options_(options), observer_(observer), cancel_(cancel) {}

  Members& members() const { return members_; }
  const LoadOptions& options() const { return options_; }

  // Brings all layers in that are not here, several at a time. Returns the records in the order asked for.
  std::vector<store::LayerRecord> bring_layers(const std::vector<WantedLayer>& wanted);
  // Puts config and manifest in and makes the image visible under its names.
  void finish_image(const oci::ImageConfig& config, const oci::Manifest& manifest,
                    const std::vector<store::LayerRecord>& layers, const std::vector<oci::Reference>& names,
                    const oci::Index* index);

 private:
  store::LayerRecord bring_layer(const WantedLayer& wanted);
  std::optional<store::LayerRecord> layer_here(const WantedLayer& wanted);

  store::Store& store_;
  Members& members_;
  Guarded<store::Lease*> lease_;
  const LoadOptions& options_;
  LoadObserver& observer_;
  const CancelToken& cancel_;
};

// One image of each format. Called with the archive's own documents.
void load_docker_archive(LoadContext& context);
void load_oci_layout(LoadContext& context);

}  // namespace nacre::image
