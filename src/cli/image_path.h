// IMAGE:PATH, as `ls`, `cat` and `cp` take it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "oci/platform.h"

namespace nacre::cli {

struct ImagePath {
  std::string image;
  std::string path;  // absolute, "/" when it may be left out and was
};

enum class PathPart { required, optional };

// The path begins at the first ":/": "alpine:3.20:/etc/passwd", "localhost:5000/app:/x". Throws Error
// (invalid_argument).
ImagePath parse_image_path(std::string_view text, PathPart part);
// Whether the text names a path in an image at all.
bool is_image_path(std::string_view text);

std::optional<oci::Platform> parse_platform(const std::optional<std::string>& text);

}  // namespace nacre::cli
