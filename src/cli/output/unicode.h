// What Unicode says of a character, independent of the user's locale: templates and tables must come out the same
// everywhere.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace nacre::cli {

bool is_alphanumeric(char32_t c);  // a letter, a digit or '_': what Go templates take in names
bool is_printable(char32_t c);     // Go's unicode.IsPrint: of the spaces only U+0020, no format characters
bool is_space(char32_t c);
char32_t to_upper(char32_t c);
char32_t to_lower(char32_t c);

// Appends the UTF-8 of c; U+FFFD for what is not a character.
void append_utf8(std::string& out, char32_t c);
// The characters of a text; a byte that is not UTF-8 counts as one.
std::size_t count_characters(std::string_view text);

// The columns a text takes on a terminal: wide characters two, combining and control characters none.
std::size_t display_width(std::string_view text);

}  // namespace nacre::cli
