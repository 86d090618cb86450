// The Go type of what docker's image inspect returns, for templates over it.
#pragma once

#include "cli/output/shape.h"

namespace nacre::cli {

// In static storage.
const Shape& image_inspect_shape();

}  // namespace nacre::cli
