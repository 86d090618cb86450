#include "oci/shown.h"

#include <fmt/format.h>

#include "oci/utf8.h"

namespace nacre::oci {
namespace {

constexpr std::size_t max_shown = 160;

bool is_control(char32_t value) noexcept {
  return value < 0x20 || (value >= 0x7F && value < 0xA0);
}

}  // namespace

std::string shown(std::string_view text) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size() && at < max_shown) {
    const Utf8Char c = decode_utf8(text.substr(at));
    for (const char byte : text.substr(at, c.length)) {
      if (c.valid && !is_control(c.value)) {
        out += byte;
      } else {
        out += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
      }
    }
    at += c.length;
  }
  return at < text.size() ? out + "..." : out;
}

}  // namespace nacre::oci
