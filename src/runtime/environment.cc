#include "runtime/environment.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "runtime/words.h"

namespace nacre::runtime {

namespace {

constexpr std::string_view default_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr std::string_view blanks = " \t\v\f\r\n";

std::string_view name_of(std::string_view entry) {
  return entry.substr(0, entry.find('='));
}

// Replaces the entry of the same name, or adds one. An entry without '=' removes.
void set_entry(std::vector<std::string>& environment, std::string_view entry) {
  const auto same =
      std::ranges::find_if(environment, [&](const std::string& known) { return name_of(known) == name_of(entry); });
  if (entry.find('=') == std::string_view::npos) {
    if (same != environment.end()) {
      environment.erase(same);
    }
  } else if (same != environment.end()) {
    *same = entry;
  } else {
    environment.emplace_back(entry);
  }
}

// RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(at < text.size() ? text[at] : 0); };
    const unsigned char first = byte(i);
    const std::size_t length = first < 0x80                    ? 1
                               : first >= 0xC2 && first < 0xE0 ? 2
                               : (first & 0xF0) == 0xE0        ? 3
                               : first >= 0xF0 && first < 0xF5 ? 4
                                                               : 0;
    if (length == 0) {
      return false;
    }
    for (std::size_t k = 1; k < length; ++k) {
      if ((byte(i + k) & 0xC0) != 0x80) {
        return false;
      }
    }
    const unsigned char second = byte(i + 1);
    if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) || (first == 0xF0 && second < 0x90) ||
        (first == 0xF4 && second > 0x8F)) {
      return false;
    }
    i += length;
  }
  return true;
}

// One line of an env file; nothing to add for a comment, a blank line, or a name that has no value here.
void read_line(std::string_view line, std::size_t number, std::vector<std::string>& variables) {
  if (number == 1 && line.starts_with("\xEF\xBB\xBF")) {
    line.remove_prefix(3);
  }
  if (!is_utf8(line)) {
    const auto bytes = std::vector<int>(reinterpret_cast<const unsigned char*>(line.data()),
                                        reinterpret_cast<const unsigned char*>(line.data() + line.size()));
    throw Error(Code::invalid_argument,
                fmt::format("invalid utf8 bytes at line {}: [{}]", number, fmt::join(bytes, " ")));
  }
  line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
  if (line.empty() || line.starts_with('#')) {
    return;
  }
  const std::string_view name = name_of(line);
  if (name.find_first_of(blanks) != std::string_view::npos) {
    throw Error(Code::invalid_argument, fmt::format("variable '{}' contains whitespaces", name));
  }
  if (name.empty()) {
    throw Error(Code::invalid_argument, fmt::format("no variable name on line '{}'", line));
  }
  if (name.size() != line.size()) {
    variables.emplace_back(line);
  } else if (const char* value = std::getenv(std::string(name).c_str()); value != nullptr) {
    variables.push_back(fmt::format("{}={}", name, value));
  }
}

}  // namespace

std::string parse_env_flag(std::string_view text) {
  const std::string_view name = name_of(text);
  if (name.empty()) {
    throw Error(Code::invalid_argument, fmt::format("invalid environment variable: {}", text));
  }
  if (name.size() == text.size()) {
    if (const char* value = std::getenv(std::string(name).c_str()); value != nullptr) {
      return fmt::format("{}={}", name, value);
    }
  }
  return std::string(text);
}

std::vector<std::string> read_env_file(const fs::path& path) {
  constexpr std::uint64_t max_size = 16 * 1024 * 1024;
  const std::string content = read_file(path, max_size);
  std::vector<std::string> variables;
  with_context([&] { return fmt::format("invalid env file ({})", path.native()); },
               [&] {
                 std::size_t number = 0;
                 for (std::string_view line : split(content, '\n')) {
                   if (line.ends_with('\r')) {
                     line.remove_suffix(1);
                   }
                   read_line(line, ++number, variables);
                 }
               });
  return variables;
}

std::vector<std::string> merge_environment(std::span<const std::string> image, std::span<const std::string> user,
                                           std::string_view hostname, TermVariable term) {
  std::vector<std::string> environment = {fmt::format("PATH={}", default_path), fmt::format("HOSTNAME={}", hostname)};
  if (term == TermVariable::yes) {
    environment.emplace_back("TERM=xterm");
  }
  for (const std::string& entry : image) {
    set_entry(environment, entry);
  }
  for (const std::string& entry : user) {
    set_entry(environment, entry);
  }
  return environment;
}

std::string_view variable(std::span<const std::string> environment, std::string_view name) {
  for (const std::string_view entry : environment) {
    if (name_of(entry) == name && entry.size() > name.size()) {
      return entry.substr(name.size() + 1);
    }
  }
  return {};
}

}  // namespace nacre::runtime
