// The lines of a piece of Dockerfile, taken apart as far as all instructions are alike. Internal to image/.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nacre::image {

struct Instruction {
  std::string name;                                        // as it was typed
  std::vector<std::pair<std::string, std::string>> flags;  // "--interval=5s": {"interval", "5s"}
  std::string arguments;                                   // what follows, trimmed
  std::string original_arguments;                          // the same with the flags
};

// Comments and empty lines are passed over, lines that end in a backslash go on in the next.
std::vector<Instruction> parse_instructions(std::string_view text);

// The strings of a JSON array; nothing for what is none. Throws Error (invalid_argument) for an array of other things.
std::optional<std::vector<std::string>> parse_json_form(std::string_view text);

}  // namespace nacre::image
