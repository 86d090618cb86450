// Files of the store that no row knows. Internal to store/.
#pragma once

#include <vector>

#include "store/content_table.h"

namespace nacre::store {

struct Orphans {
  std::vector<Object> objects;  // under a digest's name, but without a row: left from a crash between rename and commit
  std::vector<fs::path> strays;  // anything else that is in a place of ours
};

// Looks through blobs/, layers/ and chains/. Inside a write transaction the answer is exact; outside, content that is
// entering or leaving just now may be among it.
Orphans find_orphans(Database& database, const Layout& layout);

}  // namespace nacre::store
