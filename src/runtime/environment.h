// The environment of a container's process.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace nacre::runtime {

// -e: "NAME=value" as it is, "NAME" with the value it has here; when it has none, "NAME" alone, which takes the image's
// variable away. Throws Error (invalid_argument) without a name.
std::string parse_env_flag(std::string_view text);

// --env-file: one variable a line, '#' comments, no quoting; "NAME" alone takes the value it has here and is left out
// when it has none. Throws Error: "open x: no such file or directory", "invalid env file (x): variable 'a b' contains
// whitespaces".
std::vector<std::string> read_env_file(const fs::path& path);

// Docker's order: PATH (the usual one unless the image or the user sets it), HOSTNAME, TERM with a terminal, the
// image's variables, then the user's, each replacing what has its name.
enum class TermVariable { no, yes };
std::vector<std::string> merge_environment(std::span<const std::string> image, std::span<const std::string> user,
                                           std::string_view hostname, TermVariable term);

// The value of a variable; "" when there is none.
std::string_view variable(std::span<const std::string> environment, std::string_view name);

}  // namespace nacre::runtime
