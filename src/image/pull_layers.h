// The layers of an image on their way from a registry. Internal to image/.
#pragma once

#include <vector>

#include "base/guarded.h"
#include "image/fetch_budget.h"
#include "image/pull.h"

namespace nacre::image {

class LayerPuller {
 public:
  LayerPuller(store::Store& store, store::Lease& lease, registry::Repository& repository, PullObserver& observer,
              const CancelToken& cancel)
      : store_(store), lease_(&lease), repository_(repository), observer_(observer), cancel_(cancel) {}

  // Brings all layers in that are not here, several at a time. Returns the records, bottom first.
  std::vector<store::LayerRecord> bring(const oci::Manifest& manifest, const oci::ImageConfig& config);

 private:
  struct Wanted {
    oci::Descriptor blob;
    oci::DiffId diff_id;
  };
  std::optional<store::LayerRecord> layer_here(const Wanted& wanted);
  store::LayerRecord bring_layer(const Wanted& wanted);
  store::LayerRecord fetch_layer(const Wanted& wanted);
  void require_space(const std::vector<Wanted>& missing) const;

  store::Store& store_;
  Guarded<store::Lease*> lease_;
  registry::Repository& repository_;
  PullObserver& observer_;
  const CancelToken& cancel_;
  FetchBudget budget_;
  std::uint64_t window_ = 0;  // cells that a fetch may be ahead
};

}  // namespace nacre::image
