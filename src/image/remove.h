// Taking images away.
#pragma once

#include <string_view>
#include <vector>

#include "image/list.h"
#include "store/store.h"

namespace nacre::image {

enum class Force { no, yes };

// What happened, in the order docker prints it: an image, its layers, its parent, that one's layers.
struct Removal {
  struct Event {
    enum class Kind { untagged, deleted };
    Kind kind;
    std::string subject;  // "alpine:3.20", "sha256:..." (an image ID or a chain ID)
  };
  std::vector<Event> events;
  std::uint64_t reclaimed = 0;  // bytes the file system gives back, measured
};

// Docker's rules: a name is untagged, and the image goes with its last name, together with those of other platforms
// behind that name; an ID takes the image with its names if they are all of one repository, or with force. By name, an
// image that has children or, with force, a running container stays, and only the name goes. Throws Error (conflict)
// with docker's texts, and then nothing has gone: by name without force when a container uses one of the images; by ID
// when it has children or a running container, forced or not, and without force when it has several names or a stopped
// container. not_found as get() does. Rows go in one transaction for each image, files move to the trash in O(1) each
// and are unlinked in the background. `prune`: parents without a name go too.
Removal remove_image(store::Store& store, std::string_view text, Force force, store::PruneUntagged prune);

// Removes dangling images (see ListFilters), or with filters.dangling == false every image no container uses; of those
// that other images were built on, which stay, the names alone.
Removal prune_images(store::Store& store, const ListFilters& filters, const CancelToken& cancel);

}  // namespace nacre::image
