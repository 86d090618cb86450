#include "image/config_change_lines.h"

#include "base/error.h"
#include "image/config_change_words.h"
#include "oci/json.h"

namespace nacre::image {

namespace {

// Cuts off the next line.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

// Cuts off the next word.
std::string take_word(std::string_view& text) {
  const std::size_t end = text.find_first_of(" \t\n\v\f\r");
  std::string word(text.substr(0, end));
  text = end == std::string_view::npos ? std::string_view() : trim_spaces(text.substr(end));
  return word;
}

// Takes the backslash away that continues a line; one that is escaped itself does not.
bool take_continuation(std::string_view& line) {
  const std::size_t last = line.find_last_not_of(" \t\r");
  if (last == std::string_view::npos || line[last] != '\\' || (last > 0 && line[last - 1] == '\\')) {
    return false;
  }
  line = line.substr(0, last);
  return true;
}

// Whole lines: continued ones joined.
std::vector<std::string> logical_lines(std::string_view text) {
  std::vector<std::string> lines;
  bool continued = false;
  while (!text.empty()) {
    std::string_view line = take_line(text);
    const auto content = trim_spaces(line);
    if (content.empty() || content.starts_with('#')) {
      continue;
    }
    if (!continued) {
      lines.emplace_back();
    }
    continued = take_continuation(line);
    lines.back() += line;
  }
  return lines;
}

Instruction parse_instruction(std::string_view line) {
  Instruction instruction;
  line = trim_spaces(line);
  instruction.name = take_word(line);
  instruction.original_arguments = line;
  while (line.starts_with("--")) {
    const std::string word = take_word(line).substr(2);
    if (word.empty()) {
      break;  // "--" ends the flags
    }
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) {
      instruction.flags.emplace_back(word, "");
    } else {
      instruction.flags.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    }
  }
  instruction.arguments = line;
  return instruction;
}

}  // namespace

std::vector<Instruction> parse_instructions(std::string_view text) {
  std::vector<Instruction> instructions;
  for (const auto& line : logical_lines(text)) {
    if (const auto content = trim_spaces(line); !content.empty()) {
      instructions.push_back(parse_instruction(content));
    }
  }
  return instructions;
}

std::optional<std::vector<std::string>> parse_json_form(std::string_view text) {
  if (!text.starts_with('[')) {
    return std::nullopt;
  }
  oci::Json json;
  try {
    json = oci::parse_json(text);
  } catch (const Error&) {
    return std::nullopt;  // a command that begins with a bracket, like test's
  }
  std::vector<std::string> strings;
  for (const auto& item : json) {
    if (!item.is_string()) {
      throw Error(Code::invalid_argument, "when using JSON array syntax, arrays must be comprised of strings only");
    }
    strings.push_back(item.get<std::string>());
  }
  return strings;
}

}  // namespace nacre::image
