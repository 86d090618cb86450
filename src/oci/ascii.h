// Character classes that do not ask the locale.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace nacre::oci {

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
constexpr bool is_lower(char c) noexcept {
  return c >= 'a' && c <= 'z';
}
constexpr bool is_upper(char c) noexcept {
  return c >= 'A' && c <= 'Z';
}
constexpr bool is_alphanumeric(char c) noexcept {
  return is_lower(c) || is_upper(c) || is_digit(c);
}
constexpr bool is_lower_hex(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'f');
}
constexpr bool is_hex(char c) noexcept {
  return is_lower_hex(c) || (c >= 'A' && c <= 'F');
}

inline bool has_upper(std::string_view text) noexcept {
  return std::ranges::any_of(text, is_upper);
}

inline std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

}  // namespace nacre::oci
