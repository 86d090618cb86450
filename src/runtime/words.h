// Small pieces of text that the flag parsers share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nacre::runtime {

// The parts between separators; "" has one empty part.
inline std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(end + 1);
  }
}

// ASCII, whatever the locale.
inline bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
inline char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
inline char to_upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

template <char (*convert)(char)>
std::string converted(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    c = convert(c);
  }
  return result;
}
inline std::string lower(std::string_view text) {
  return converted<to_lower>(text);
}
inline std::string upper(std::string_view text) {
  return converted<to_upper>(text);
}

}  // namespace nacre::runtime
