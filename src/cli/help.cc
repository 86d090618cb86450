#include "cli/help.h"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>

namespace nacre::cli {

namespace {

std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(std::move(line));
  }
  return lines;
}

// Breaks one line at spaces; leading spaces stay as the indentation of the first piece.
std::vector<std::string> wrap(const std::string& line, std::size_t width) {
  std::vector<std::string> pieces;
  std::string rest = line;
  while (rest.size() > width) {
    std::size_t space = rest.rfind(' ', width);
    if (space == std::string::npos || rest.find_first_not_of(' ') >= space) {
      space = rest.find(' ', width);
    }
    if (space == std::string::npos) {
      break;
    }
    pieces.push_back(rest.substr(0, space));
    rest.erase(0, space + 1);
  }
  pieces.push_back(std::move(rest));
  return pieces;
}

std::string left_column(const Flag& flag) {
  std::string text = flag.shorthand != '\0' ? fmt::format("  -{}, --{}", flag.shorthand, flag.name)
                                            : fmt::format("      --{}", flag.name);
  return flag.value_type.empty() ? text : text + " " + flag.value_type;
}

std::string_view last_word(std::string_view name) {
  const std::size_t space = name.rfind(' ');
  return space == std::string_view::npos ? name : name.substr(space + 1);
}

// "  name   summary" lines.
std::string aligned(const std::vector<std::pair<std::string, std::string>>& rows) {
  std::size_t width = 0;
  for (const auto& [name, summary] : rows) {
    width = std::max(width, name.size());
  }
  std::string text;
  for (const auto& [name, summary] : rows) {
    text += fmt::format("  {:<{}}  {}\n", name, width, summary);
  }
  return text;
}

}  // namespace

std::string flag_lines(const FlagSet& flags, int width) {
  std::size_t column = 0;
  for (const auto& flag : flags.flags()) {
    column = std::max(column, left_column(flag).size());
  }
  column += 3;
  const std::size_t help_width = std::max<std::size_t>(
      30, static_cast<std::size_t>(std::max(width, 0)) > column ? static_cast<std::size_t>(width) - column : 0);
  std::string text;
  for (const auto& flag : flags.flags()) {
    std::string left = left_column(flag);
    const std::string help =
        flag.default_value.empty() ? flag.help : fmt::format("{} (default {})", flag.help, flag.default_value);
    for (const auto& line : split_lines(help)) {
      for (const auto& piece : wrap(line, help_width)) {
        text += fmt::format("{:<{}}{}\n", left, column, piece);
        left.clear();
      }
    }
  }
  return text;
}

std::string command_help(const CommandInfo& info, const FlagSet& flags, int width) {
  std::string text =
      fmt::format("Usage:  nacre {}{}{}\n\n{}\n", info.name, info.usage.empty() ? "" : " ", info.usage, info.summary);
  if (!info.description.empty()) {
    text += "\n" + info.description + "\n";
  }
  if (!info.aliases.empty()) {
    std::vector<std::string> names = info.aliases;
    names.push_back(info.name);
    std::ranges::sort(names);
    text += "\nAliases:\n  ";
    for (std::size_t i = 0; i < names.size(); ++i) {
      text += (i > 0 ? ", nacre " : "nacre ") + names[i];
    }
    text += "\n";
  }
  if (!flags.flags().empty()) {
    text += "\nOptions:\n" + flag_lines(flags, width);
  }
  return text;
}

std::string group_help(const CommandGroup& group, const std::vector<Command>& commands) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto& command : commands) {
    std::vector<std::string> names = command.info.aliases;
    names.push_back(command.info.name);
    // A command that is known by several words of the group is listed under the first one given.
    for (const auto& name : names) {
      if (name.starts_with(group.name + " ")) {
        rows.emplace_back(last_word(name), command.info.summary);
        break;
      }
    }
  }
  std::ranges::sort(rows);
  return fmt::format(
      "Usage:  nacre {0} COMMAND\n\n{1}\n\nCommands:\n{2}\nRun 'nacre {0} COMMAND --help' for more "
      "information on a command.\n",
      group.name, group.summary, aligned(rows));
}

std::string program_help(const std::vector<Command>& commands, const std::vector<CommandGroup>& groups,
                         const FlagSet& global_flags, int width) {
  std::vector<std::pair<std::string, std::string>> plain;
  for (const auto& command : commands) {
    if (command.info.name.find(' ') == std::string::npos && !command.info.summary.empty()) {
      plain.emplace_back(command.info.name, command.info.summary);
    }
  }
  std::ranges::sort(plain);
  std::vector<std::pair<std::string, std::string>> grouped;
  for (const auto& group : groups) {
    grouped.emplace_back(group.name, group.summary);
  }
  return fmt::format(
      "Usage:  nacre [OPTIONS] COMMAND\n\nContainer images without a daemon, never extracted\n\n"
      "Management Commands:\n{}\nCommands:\n{}\nGlobal Options:\n{}\n"
      "Run 'nacre COMMAND --help' for more information on a command.\n",
      aligned(grouped), aligned(plain), flag_lines(global_flags, width));
}

std::string usage_hint(const CommandInfo& info) {
  return fmt::format("\nUsage:  nacre {0} {1}\n\nRun 'nacre {0} --help' for more information\n", info.name, info.usage);
}

}  // namespace nacre::cli
