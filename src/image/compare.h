// What differs between two images.
#pragma once

#include <vector>

#include "image/files.h"
#include "tree/diff.h"

namespace nacre::image {

// In path order. File contents are compared byte by byte, but for files that come from the same place of the same
// layer.
std::vector<tree::Change> compare_images(const ImageFiles& before, const ImageFiles& after, const CancelToken& cancel);

}  // namespace nacre::image
