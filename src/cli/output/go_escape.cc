#include "cli/output/go_escape.h"

#include <fmt/format.h>

#include "cli/output/unicode.h"
#include "oci/utf8.h"

namespace nacre::cli {
namespace {

void append_js_ascii(std::string& out, char c) {
  switch (c) {
    case '\\':
    case '\'':
    case '"':
      out += '\\';
      out += c;
      return;
    case '<':
    case '>':
    case '&':
    case '=':
      out += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
      return;
    default:
      break;
  }
  if (c < 0x20) {
    out += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
  } else {
    out += c;
  }
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\0':
        out += "\uFFFD";
        break;
      case '"':
        out += "&#34;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string escape_js(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const oci::Utf8Char c = oci::decode_utf8(text);
    if (c.value < 0x80) {
      append_js_ascii(out, text[0]);
    } else if (is_printable(c.value)) {
      out += text.substr(0, c.length);
    } else {
      out += fmt::format("\\u{:04X}", static_cast<unsigned>(c.value));
    }
    text.remove_prefix(c.length);
  }
  return out;
}

std::string escape_url_query(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const char lower = static_cast<char>(c | 0x20);
    const bool plain =
        (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace nacre::cli
