#include "tree/member_path.h"

#include <vector>

#include <fmt/core.h>

#include "base/error.h"

namespace nacre::tree {

std::string clean_path(std::string_view path) {
  std::vector<std::string_view> components;
  std::size_t length = 0;
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view component = path.substr(begin, end - begin);
    begin = end + 1;
    if (component.empty() || component == ".") {
      continue;
    }
    if (component == "..") {
      if (components.empty()) {
        throw Error(Code::corrupt, fmt::format("path {} leads out of the layer", quoted(path)));
      }
      length -= components.back().size() + 1;
      components.pop_back();
      continue;
    }
    if (component.size() > max_name_length || component.find('\0') != std::string_view::npos) {
      throw Error(Code::corrupt, fmt::format("path {} has a name that no file system takes", quoted(path)));
    }
    components.push_back(component);
    length += component.size() + 1;
  }
  if (length > max_path_length + 1) {
    throw Error(Code::corrupt, fmt::format("path {} is longer than {} bytes", quoted(path), max_path_length));
  }
  std::string cleaned;
  cleaned.reserve(length);
  for (const std::string_view component : components) {
    cleaned.append(cleaned.empty() ? "" : "/").append(component);
  }
  return cleaned;
}

std::string quoted(std::string_view path) {
  constexpr std::size_t longest = 200;
  std::string text = "'";
  for (const char c : path.substr(0, longest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      text += fmt::format("\\{:03o}", byte);
    } else {
      text += c;
    }
  }
  return text + (path.size() > longest ? "...'" : "'");
}

}  // namespace nacre::tree
