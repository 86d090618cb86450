// From the text of a Go text/template to its syntax tree.
#pragma once

#include <string_view>

#include "cli/output/template_ast.h"

namespace nacre::cli {

// Lists and parentheses may nest this deep: the tree is walked recursively.
inline constexpr int max_template_nesting = 250;

// Throws Error (invalid_argument) with Go's text: "template: :1: unclosed action".
ast::Templates parse_template(std::string_view text);

}  // namespace nacre::cli
