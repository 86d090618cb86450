// Command-line flags as docker users type them.
//
// docker's flag grammar (the pflag library's) is part of what nacre promises: `-qf x`, `-f=x`, `-fx`, `--quiet=false`,
// values that begin with a dash, and its error texts. General-purpose parsers read several of these differently, so the
// grammar stands here.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nacre::cli {

// Whether flags may stand after the first argument: not in `run IMAGE COMMAND --flags-of-the-command`.
enum class Interspersed { yes, no };

// What one flag is called and does. Shown in help, man pages and completions in the order of the long names.
struct Flag {
  std::string name;                           // long, without dashes
  char shorthand = '\0';                      // or none
  std::string value_type;                     // "string", "list", "filter", ...; "" for a switch, which takes no value
  std::string help;                           // may have several lines
  std::string default_value;                  // as help shows it, "" to show none
  std::function<void(std::string_view)> set;  // throws Error (invalid_argument) when the value is off
};

class FlagSet {
 public:
  // Each binds a variable that outlives the set.
  void toggle(bool& target, std::string name, char shorthand, std::string help);
  void text(std::string& target, std::string name, char shorthand, std::string value_type, std::string help);
  void text(std::optional<std::string>& target, std::string name, char shorthand, std::string value_type,
            std::string help);
  void list(std::vector<std::string>& target, std::string name, char shorthand, std::string value_type,
            std::string help);
  void add(Flag flag);

  const std::vector<Flag>& flags() const noexcept { return flags_; }

  // Sets the variables and returns what is no flag. "--" ends the flags. Throws UsageError with docker's texts.
  std::vector<std::string> parse(const std::vector<std::string>& arguments, Interspersed interspersed) const;

 private:
  const Flag& long_flag(std::string_view name, std::string_view argument) const;
  // The first of `shorthands`, which may stand for several flags: "aq".
  const Flag& short_flag(std::string_view shorthands) const;

  std::vector<Flag> flags_;
};

// The user's words are off: printed with the command's usage; exit status 125 for flags, 1 for arguments, as docker has
// it.
struct UsageError {
  std::string message;
  int exit_status;
};

}  // namespace nacre::cli
