#include "cli/output/unicode.h"

#include <clocale>
#include <cwchar>
#include <cwctype>

#include <locale.h>  // NOLINT(modernize-deprecated-headers): newlocale

#include "oci/utf8.h"

namespace nacre::cli {
namespace {

// glibc carries C.UTF-8 in itself, so this needs no locale files. Where it fails, everything beyond ASCII is a letter.
locale_t utf8_locale() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

// wcwidth() has no variant that takes a locale.
class LocaleGuard {
 public:
  LocaleGuard() : previous_(uselocale(utf8_locale())) {}
  ~LocaleGuard() { uselocale(previous_); }
  LocaleGuard(const LocaleGuard&) = delete;
  LocaleGuard& operator=(const LocaleGuard&) = delete;

 private:
  locale_t previous_;
};

bool has_locale() {
  return utf8_locale() != locale_t{};
}

bool between(char32_t c, char32_t low, char32_t high) {
  return c >= low && c <= high;
}

// Spaces, format characters and private use: iswprint takes them, Go does not.
bool is_invisible(char32_t c) {
  return c == 0xA0 || c == 0xAD || c == 0x61C || c == 0x1680 || c == 0x180E || between(c, 0x2000, 0x200F) ||
         between(c, 0x2028, 0x202F) || between(c, 0x205F, 0x206F) || c == 0x3000 || between(c, 0xE000, 0xF8FF) ||
         c == 0xFEFF || between(c, 0xFFF9, 0xFFFB) || between(c, 0xE0000, 0x10FFFF);
}

bool is_ascii_alphanumeric(char32_t c) {
  return between(c, U'a', U'z') || between(c, U'A', U'Z') || between(c, U'0', U'9');
}

}  // namespace

bool is_alphanumeric(char32_t c) {
  if (c < 0x80) {
    return c == U'_' || is_ascii_alphanumeric(c);
  }
  return !has_locale() || iswalnum_l(static_cast<wint_t>(c), utf8_locale()) != 0;
}

bool is_printable(char32_t c) {
  if (c < 0x80) {
    return c >= 0x20 && c != 0x7F;
  }
  return !is_invisible(c) && (!has_locale() || iswprint_l(static_cast<wint_t>(c), utf8_locale()) != 0);
}

bool is_space(char32_t c) {
  return between(c, 0x09, 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 || between(c, 0x2000, 0x200A) ||
         c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

char32_t to_upper(char32_t c) {
  if (c < 0x80) {
    return between(c, U'a', U'z') ? c - 32 : c;
  }
  return has_locale() ? static_cast<char32_t>(towupper_l(static_cast<wint_t>(c), utf8_locale())) : c;
}

char32_t to_lower(char32_t c) {
  if (c < 0x80) {
    return between(c, U'A', U'Z') ? c + 32 : c;
  }
  return has_locale() ? static_cast<char32_t>(towlower_l(static_cast<wint_t>(c), utf8_locale())) : c;
}

void append_utf8(std::string& out, char32_t c) {
  if (c > 0x10FFFF || between(c, 0xD800, 0xDFFF)) {
    c = 0xFFFD;
  }
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) {
    text.remove_prefix(oci::decode_utf8(text).length);
  }
  return count;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  const LocaleGuard guard;
  while (!text.empty()) {
    const oci::Utf8Char c = oci::decode_utf8(text);
    text.remove_prefix(c.length);
    if (c.value < 0x80) {
      width += c.value >= 0x20 && c.value != 0x7F ? 1 : 0;
      continue;
    }
    const int columns = has_locale() ? wcwidth(static_cast<wchar_t>(c.value)) : 1;
    width += columns > 0 ? static_cast<std::size_t>(columns) : 0;
  }
  return width;
}

}  // namespace nacre::cli
