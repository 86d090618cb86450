#include "cli/output/text.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/output/unicode.h"
#include "oci/utf8.h"

namespace nacre::cli {

bool is_terminal(int descriptor) {
  return isatty(descriptor) == 1;
}

bool can_move_cursor(int descriptor) {
  const char* const term = std::getenv("TERM");
  return is_terminal(descriptor) && term != nullptr && std::string_view(term) != "dumb";
}

TerminalSize terminal_size(int descriptor) {
  TerminalSize size;
  winsize reported{};
  if (ioctl(descriptor, TIOCGWINSZ, &reported) == 0) {
    size.columns = reported.ws_col != 0 ? reported.ws_col : size.columns;
    size.rows = reported.ws_row != 0 ? reported.ws_row : size.rows;
  }
  return size;
}

int terminal_width() {
  return terminal_size(STDOUT_FILENO).columns;
}

std::string escape_controls(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const oci::Utf8Char c = oci::decode_utf8(text);
    if (!c.valid || c.value < 0x20 || c.value == 0x7F) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
    } else if (c.value >= 0x80 && !is_printable(c.value) && !is_space(c.value)) {
      const auto number = static_cast<unsigned>(c.value);
      out += number < 0x10000 ? fmt::format("\\u{:04x}", number) : fmt::format("\\U{:08x}", number);
    } else if (c.value == 0x85 || c.value == 0x2028 || c.value == 0x2029) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c.value));  // line ends to some terminals
    } else {
      out += text.substr(0, c.length);
    }
    text.remove_prefix(c.length);
  }
  return out;
}

std::string_view fit_columns(std::string_view text, int columns) {
  const auto room = static_cast<std::size_t>(std::max(columns, 0));
  std::size_t end = 0;
  std::size_t width = 0;
  while (end < text.size()) {
    const std::string_view character = text.substr(end, oci::decode_utf8(text.substr(end)).length);
    width += display_width(character);
    if (width > room) {
      break;
    }
    end += character.size();
  }
  return text.substr(0, end);
}

std::string ellipsis(std::string_view text, int columns) {
  if (columns < 1 || fit_columns(text, columns).size() == text.size()) {
    return std::string(fit_columns(text, columns));
  }
  return std::string(fit_columns(text, columns - 1)) + "…";
}

}  // namespace nacre::cli
