// Text on its way to a person: what a terminal can take, and how much of it.
#pragma once

#include <string>
#include <string_view>

namespace nacre::cli {

bool is_terminal(int descriptor);
// Whether the cursor can be moved there: a terminal, and not a dumb one ($TERM).
bool can_move_cursor(int descriptor);

struct TerminalSize {
  int columns = 80;
  int rows = 24;
};
// The defaults where the descriptor is no terminal or does not know.
TerminalSize terminal_size(int descriptor);
// The columns of standard output.
int terminal_width();

// Text from an image or a container with everything escaped (\x1b, \u202e) that could move the cursor, change colours
// or turn the direction of reading: control and format characters, and bytes that are not UTF-8.
std::string escape_controls(std::string_view text);

// The beginning of a text that fits into so many columns.
std::string_view fit_columns(std::string_view text, int columns);
// The same, with "…" in the last column if anything had to go.
std::string ellipsis(std::string_view text, int columns);

}  // namespace nacre::cli
