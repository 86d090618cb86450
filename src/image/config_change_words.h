// The words of a Dockerfile instruction: splitting them, and what quotes, escapes and $VARIABLE stand for. Internal to
// image/. Source: docker's Dockerfile reference, "Environment replacement"; corner cases as buildkit's lexer has them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nacre::image {

// Splits at white space that is neither quoted nor escaped. Quotes and escapes stay in the words.
std::vector<std::string> split_words(std::string_view text);

// The text with variables replaced, quotes and escapes taken away. `environment` holds "NAME=value"; what is not there
// is empty. ${name:-word}, ${name:+word} and ${name:?word} work, with and without the colon. Throws Error
// (invalid_argument) with docker's texts for quotes or braces that do not end.
std::string expand_word(std::string_view text, const std::vector<std::string>& environment);
// The same, and the result split into words wherever white space was not quoted: also inside a variable's value.
std::vector<std::string> expand_words(std::string_view text, const std::vector<std::string>& environment);

std::string_view trim_spaces(std::string_view text);

}  // namespace nacre::image
