#include "cli/image_path.h"

#include <fmt/format.h>

#include "base/error.h"

namespace nacre::cli {

bool is_image_path(std::string_view text) {
  const std::size_t colon = text.find(":/");
  return colon != std::string_view::npos && colon > 0 && text.front() != '/' && text.front() != '.';
}

ImagePath parse_image_path(std::string_view text, PathPart part) {
  if (is_image_path(text)) {
    const std::size_t colon = text.find(":/");
    return {std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
  }
  if (part == PathPart::optional) {
    return {std::string(text), "/"};
  }
  throw Error(Code::invalid_argument,
              fmt::format("'{}': expected IMAGE:PATH with an absolute path, like alpine:/etc", text));
}

std::optional<oci::Platform> parse_platform(const std::optional<std::string>& text) {
  return text && !text->empty() ? std::optional(oci::Platform::parse(*text)) : std::nullopt;
}

}  // namespace nacre::cli
