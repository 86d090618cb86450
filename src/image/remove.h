// Taking images away.
#pragma once

#include <string_view>
#include <vector>

#include "image/list.h"
#include "store/store.h"

namespace nacre::image {

enum class Force { no, yes };

// What happened, in the order docker prints it.
struct Removal {
  struct Event {
    enum class Kind { untagged, deleted };
    Kind kind;
    std::string subject;  // "alpine:3.20", "sha256:..." (an image ID or a chain ID)
  };
  std::vector<Event> events;
  std::uint64_t reclaimed = 0;  // bytes the file system gives back, measured
};

// Docker's rules: a name is untagged, and the image goes with its last name; an ID takes the image with its names if
// they are all of one repository, or with force. Throws Error (conflict) with docker's texts when a container or a
// child needs it
// ("conflict: unable to delete ... (must be forced) - image is being used by stopped container ..."), not_found
// otherwise. Rows go in one transaction, files move to the trash in O(1) each and are unlinked in the background.
// `prune`: parents without a name go too.
Removal remove_image(store::Store& store, std::string_view text, Force force, store::PruneUntagged prune);

// Removes dangling images, or with filters.dangling == false every image no container uses.
Removal prune_images(store::Store& store, const ListFilters& filters, const CancelToken& cancel);

}  // namespace nacre::image
