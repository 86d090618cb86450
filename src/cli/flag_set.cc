#include "cli/flag_set.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"

namespace nacre::cli {

namespace {

constexpr int flag_error_status = 125;

[[noreturn]] void fail(std::string message) {
  throw UsageError{std::move(message), flag_error_status};
}

std::optional<bool> parse_bool(std::string_view text) {
  for (const std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == yes) {
      return true;
    }
  }
  for (const std::string_view no : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == no) {
      return false;
    }
  }
  return std::nullopt;
}

std::string shown_name(const Flag& flag) {
  return flag.shorthand != '\0' ? fmt::format("-{}, --{}", flag.shorthand, flag.name) : "--" + flag.name;
}

void set(const Flag& flag, std::string_view value) {
  try {
    flag.set(value);
  } catch (const Error& error) {
    fail(fmt::format("invalid argument \"{}\" for \"{}\" flag: {}", value, shown_name(flag), error.message()));
  }
}

bool is_switch(const Flag& flag) {
  return flag.value_type.empty();
}

}  // namespace

void FlagSet::toggle(bool& target, std::string name, char shorthand, std::string help) {
  add({std::move(name), shorthand, "", std::move(help), "", [&target](std::string_view value) {
         const auto parsed = parse_bool(value);
         if (!parsed) {
           throw Error(Code::invalid_argument, fmt::format("strconv.ParseBool: parsing \"{}\": invalid syntax", value));
         }
         target = *parsed;
       }});
}

void FlagSet::text(std::string& target, std::string name, char shorthand, std::string value_type, std::string help) {
  std::string shown_default = target.empty() ? "" : fmt::format("\"{}\"", target);
  add({std::move(name), shorthand, std::move(value_type), std::move(help), std::move(shown_default),
       [&target](std::string_view value) { target = value; }});
}

void FlagSet::text(std::optional<std::string>& target, std::string name, char shorthand, std::string value_type,
                   std::string help) {
  add({std::move(name), shorthand, std::move(value_type), std::move(help), "",
       [&target](std::string_view value) { target = value; }});
}

void FlagSet::list(std::vector<std::string>& target, std::string name, char shorthand, std::string value_type,
                   std::string help) {
  add({std::move(name), shorthand, std::move(value_type), std::move(help), "",
       [&target](std::string_view value) { target.emplace_back(value); }});
}

void FlagSet::add(Flag flag) {
  const auto place = std::lower_bound(flags_.begin(), flags_.end(), flag.name,
                                      [](const Flag& each, const std::string& name) { return each.name < name; });
  flags_.insert(place, std::move(flag));
}

const Flag& FlagSet::long_flag(std::string_view name, std::string_view argument) const {
  const auto found = std::ranges::find_if(flags_, [&](const Flag& flag) { return flag.name == name; });
  if (name.empty() || name.front() == '-' || name.front() == '=') {
    fail(fmt::format("bad flag syntax: {}", argument));
  }
  if (found == flags_.end()) {
    fail(fmt::format("unknown flag: --{}", name));
  }
  return *found;
}

const Flag& FlagSet::short_flag(std::string_view shorthands) const {
  const char shorthand = shorthands.front();
  const auto found = std::ranges::find_if(flags_, [&](const Flag& flag) { return flag.shorthand == shorthand; });
  if (found == flags_.end()) {
    fail(fmt::format("unknown shorthand flag: '{}' in -{}", shorthand, shorthands));
  }
  return *found;
}

std::vector<std::string> FlagSet::parse(const std::vector<std::string>& arguments, Interspersed interspersed) const {
  std::vector<std::string> positional;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    const auto next_argument = [&](std::string_view needed_by) -> const std::string& {
      if (i + 1 == arguments.size()) {
        fail(fmt::format("flag needs an argument: {}", needed_by));
      }
      return arguments[++i];
    };

    if (argument == "--") {
      positional.insert(positional.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1, arguments.end());
      return positional;
    }
    if (argument.size() < 2 || argument[0] != '-') {
      if (interspersed == Interspersed::no) {
        positional.insert(positional.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i), arguments.end());
        return positional;
      }
      positional.emplace_back(argument);
      continue;
    }
    if (argument[1] == '-') {
      const std::size_t equals = argument.find('=');
      const std::string_view name = argument.substr(2, equals == std::string_view::npos ? equals : equals - 2);
      const Flag& flag = long_flag(name, argument);
      if (equals != std::string_view::npos) {
        set(flag, argument.substr(equals + 1));
      } else {
        set(flag, is_switch(flag) ? "true" : next_argument(argument));
      }
      continue;
    }
    for (std::string_view rest = argument.substr(1); !rest.empty();) {
      const std::string_view shorthands = rest;
      const Flag& flag = short_flag(shorthands);
      rest.remove_prefix(1);
      if (rest.size() > 1 && rest.front() == '=') {
        set(flag, rest.substr(1));
        break;
      }
      if (is_switch(flag)) {
        set(flag, "true");
        continue;
      }
      set(flag, rest.empty() ? next_argument(fmt::format("'{}' in -{}", flag.shorthand, shorthands)) : rest);
      break;
    }
  }
  return positional;
}

}  // namespace nacre::cli
