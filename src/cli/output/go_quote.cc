#include "cli/output/go_quote.h"

#include <fmt/format.h>

#include "cli/output/unicode.h"
#include "oci/utf8.h"

namespace nacre::cli {
namespace {

// The letter after the backslash for a control character that has one, or 0.
char short_escape(char32_t c) {
  switch (c) {
    case 0x07:
      return 'a';
    case 0x08:
      return 'b';
    case 0x0C:
      return 'f';
    case 0x0A:
      return 'n';
    case 0x0D:
      return 'r';
    case 0x09:
      return 't';
    case 0x0B:
      return 'v';
    default:
      return 0;
  }
}

void append_character(std::string& out, char32_t c, char32_t quote, QuoteSet set) {
  if (c == quote || c == U'\\') {
    out += '\\';
    out += static_cast<char>(c);
  } else if (is_printable(c) && (c < 0x80 || set == QuoteSet::unicode)) {
    append_utf8(out, c);
  } else if (const char letter = short_escape(c)) {
    out += '\\';
    out += letter;
  } else if (c < 0x20 || c == 0x7F) {
    out += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
  } else if (c < 0x10000) {
    out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
  } else {
    out += fmt::format("\\U{:08x}", static_cast<unsigned>(c));
  }
}

int digit_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 16;
}

// Reads the escapes of one literal, piece by piece.
class Unquoter {
 public:
  Unquoter(std::string_view body, char quote) : rest_(body), quote_(quote) {}

  bool at_end() const { return rest_.empty(); }

  // Appends the next character to out, as UTF-8 or (for \x and octal) as one raw byte; false if it is malformed.
  bool next(std::string& out) {
    char32_t c = 0;
    bool raw_byte = false;
    if (!read(c, raw_byte)) {
      return false;
    }
    if (raw_byte) {
      out += static_cast<char>(c);
    } else {
      append_utf8(out, c);
    }
    return true;
  }

  bool read(char32_t& c, bool& raw_byte) {
    if (rest_.empty() || rest_[0] == quote_ || rest_[0] == '\n') {
      return false;
    }
    if (rest_[0] != '\\') {
      const oci::Utf8Char plain = oci::decode_utf8(rest_);
      raw_byte = !plain.valid;  // bytes that are not UTF-8 pass through
      c = plain.valid ? plain.value : static_cast<unsigned char>(rest_[0]);
      rest_.remove_prefix(plain.length);
      return true;
    }
    if (rest_.size() < 2) {
      return false;
    }
    const char kind = rest_[1];
    rest_.remove_prefix(2);
    return read_escape(kind, c, raw_byte);
  }

 private:
  bool read_escape(char kind, char32_t& c, bool& raw_byte) {
    switch (kind) {
      case 'x':
        raw_byte = true;
        return read_digits(2, 16, c);
      case 'u':
        return read_digits(4, 16, c) && is_character(c);
      case 'U':
        return read_digits(8, 16, c) && is_character(c);
      case '\\':
      case '\'':
      case '"':
        c = static_cast<char32_t>(kind);
        return kind == '\\' || kind == quote_;
      default:
        break;
    }
    if (kind >= '0' && kind <= '7') {
      raw_byte = true;
      char32_t low = 0;
      const bool read_both = read_digits(2, 8, low);
      c = static_cast<char32_t>(kind - '0') * 64 + low;
      return read_both && c <= 0xFF;
    }
    for (char32_t control = 0x07; control <= 0x0D; ++control) {
      if (short_escape(control) == kind) {
        c = control;
        return true;
      }
    }
    return false;
  }

  bool read_digits(std::size_t count, int base, char32_t& value) {
    if (rest_.size() < count) {
      return false;
    }
    value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const int digit = digit_value(rest_[i]);
      if (digit >= base) {
        return false;
      }
      value = value * static_cast<char32_t>(base) + static_cast<char32_t>(digit);
    }
    rest_.remove_prefix(count);
    return true;
  }

  static bool is_character(char32_t c) { return c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF); }

  std::string_view rest_;
  char quote_;
};

std::string without_carriage_returns(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != '\r') {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string go_quote(std::string_view text, QuoteSet set) {
  std::string out = "\"";
  while (!text.empty()) {
    const oci::Utf8Char c = oci::decode_utf8(text);
    if (c.valid) {
      append_character(out, c.value, U'"', set);
    } else {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
    }
    text.remove_prefix(c.length);
  }
  return out += '"';
}

std::string go_quote_character(char32_t c, QuoteSet set) {
  std::string out = "'";
  const bool valid = c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
  append_character(out, valid ? c : 0xFFFD, U'\'', set);
  return out += '\'';
}

bool go_can_backquote(std::string_view text) {
  while (!text.empty()) {
    const oci::Utf8Char c = oci::decode_utf8(text);
    const bool control = (c.value < 0x20 && c.value != U'\t') || c.value == 0x7F;
    if (!c.valid || control || c.value == U'`' || c.value == 0xFEFF) {
      return false;
    }
    text.remove_prefix(c.length);
  }
  return true;
}

std::optional<std::string> go_unquote(std::string_view literal) {
  if (literal.size() < 2 || literal.front() != literal.back()) {
    return std::nullopt;
  }
  const char quote = literal.front();
  const std::string_view body = literal.substr(1, literal.size() - 2);
  if (quote == '`') {
    return body.find('`') == std::string_view::npos ? std::optional(without_carriage_returns(body)) : std::nullopt;
  }
  if (quote != '"') {
    return std::nullopt;
  }
  std::string text;
  for (Unquoter unquoter(body, quote); !unquoter.at_end();) {
    if (!unquoter.next(text)) {
      return std::nullopt;
    }
  }
  return text;
}

std::optional<char32_t> go_unquote_character(std::string_view literal) {
  if (literal.size() < 3 || literal.front() != '\'' || literal.back() != '\'') {
    return std::nullopt;
  }
  Unquoter unquoter(literal.substr(1, literal.size() - 2), '\'');
  char32_t c = 0;
  bool raw_byte = false;
  return unquoter.read(c, raw_byte) && unquoter.at_end() ? std::optional(c) : std::nullopt;
}

}  // namespace nacre::cli
