// UTF-8 as Go's unicode/utf8 reads it, for what must agree with Go byte for byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace nacre::oci {

struct Utf8Char {
  char32_t value = 0xFFFD;
  std::size_t length = 1;  // bytes; 1 for a byte that starts no valid sequence
  bool valid = false;
};

// The character at the start of a text, which must not be empty. Overlong forms, surrogates and values past U+10FFFF
// are not valid.
Utf8Char decode_utf8(std::string_view text) noexcept;

}  // namespace nacre::oci
