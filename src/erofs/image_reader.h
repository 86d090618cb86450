// Reads an EROFS image that image_writer.h wrote, without mounting it. Safe on hostile bytes.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "tree/file_tree.h"

namespace nacre::erofs {

// The tree of an image. Throws Error (corrupt) for anything that is not one of ours or is damaged: never reads outside
// `image`, never loops, memory at most proportional to image.size().
// The same tree that was written: data that had to be copied into the image is still where it is in its tar.
tree::FileTree read_image(Bytes image);

// The device sizes the image was written for, rounded up to 512 bytes.
std::vector<std::uint64_t> device_sizes(Bytes image);

}  // namespace nacre::erofs
