// Go's string literals: strconv.Quote and strconv.Unquote.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nacre::cli {

enum class QuoteSet { unicode, ascii };  // ascii: everything beyond ASCII is written as \u or \U

std::string go_quote(std::string_view text, QuoteSet set = QuoteSet::unicode);
std::string go_quote_character(char32_t c, QuoteSet set = QuoteSet::unicode);
// Whether the text can stand between backquotes unchanged.
bool go_can_backquote(std::string_view text);

// The text of a literal in double quotes or backquotes; nothing if it is malformed.
std::optional<std::string> go_unquote(std::string_view literal);
// The character of a literal in single quotes.
std::optional<char32_t> go_unquote_character(std::string_view literal);

}  // namespace nacre::cli
