#include "cli/help.h"

#include <algorithm>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/format_help.h"
#include "command_table.h"

namespace nacre::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr int wide = 200;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(line);
  }
  return lines;
}

std::string help_of(const std::string& name) {
  for (const auto& command : test::command_table()) {
    if (command.info.name == name) {
      return command_help(command.info, command.bind()->flags(), wide);
    }
  }
  ADD_FAILURE() << name;
  return {};
}

// One flag with this help text.
std::vector<std::string> lines_of_flag(std::string help, int width) {
  static bool target = false;
  FlagSet flags;
  flags.toggle(target, "flag", '\0', std::move(help));
  return lines_of(flag_lines(flags, width));
}

TEST(FlagLines, StandInDockersColumns) {
  bool all = false;
  std::string name = "pearl";
  std::string format;
  std::vector<std::string> filters;
  FlagSet flags;
  flags.list(filters, "filter", 'f', "filter", "Filter output based on conditions provided");
  flags.toggle(all, "all", 'a', "Show all images");
  flags.text(name, "name", '\0', "string", "Assign a name");
  flags.text(format, "format", '\0', "string", "Format output");
  // The widest left column, and three spaces.
  EXPECT_THAT(lines_of(flag_lines(flags, wide)),
              ElementsAre("  -a, --all             Show all images",  //
                          "  -f, --filter filter   Filter output based on conditions provided",
                          "      --format string   Format output",  //
                          "      --name string     Assign a name (default \"pearl\")"));
}

TEST(FlagLines, WrapAtTheWidthOfTheTerminal) {
  const std::string words = "some words that go on for so long that they cannot stand in one line of any terminal";
  const auto lines = lines_of_flag(words, 60);
  ASSERT_GT(lines.size(), 1U);
  std::string joined;
  const std::size_t column = std::string("      --flag   ").size();
  EXPECT_THAT(lines[0], StartsWith("      --flag   some words"));
  for (const auto& line : lines) {
    EXPECT_LE(line.size(), 60U) << line;
    if (&line != lines.data()) {
      EXPECT_EQ(line.find_first_not_of(' '), column) << line;
    }
    joined += (joined.empty() ? "" : " ") + line.substr(column);
  }
  EXPECT_EQ(joined, words);
}

TEST(FlagLines, AWordIsNeverBrokenHoweverNarrowItIs) {
  const std::string word(100, 'w');
  for (const int width : {-1, 0, 1, 20, 80}) {
    EXPECT_THAT(lines_of_flag(word, width), ElementsAre("      --flag   " + word)) << width;
    EXPECT_THAT(lines_of_flag("a " + word, width), ElementsAre("      --flag   a", "               " + word)) << width;
  }
}

TEST(FlagLines, KeepLinesAndTheirIndentation) {
  EXPECT_THAT(lines_of_flag(std::string(object_format_help), wide),
              ElementsAre("      --flag   Format output using a custom template:",
                          "               'json':             Print in JSON format",
                          "               'TEMPLATE':         Print output using the given Go template."));
}

TEST(FlagLines, OfNothingAreNothing) {
  EXPECT_EQ(flag_lines(FlagSet(), wide), "");
}

TEST(CommandHelp, HasDockersSections) {
  const auto text = help_of("pearls");
  EXPECT_THAT(text, StartsWith("Usage:  nacre pearls [OPTIONS] [NAME]\n\nList pearls\n"));
  EXPECT_THAT(text, HasSubstr("\nA pearl is what\n.nacre\\ makes.\n"));
  const auto lines = lines_of(text);
  const auto aliases = std::ranges::find(lines, "Aliases:");
  ASSERT_NE(aliases, lines.end());
  for (const char* name : {"nacre pearls", "nacre pearl ls", "nacre pearl list"}) {
    EXPECT_THAT(*(aliases + 1), HasSubstr(name));
  }
  EXPECT_THAT(text, HasSubstr("\nOptions:\n  -a, --all "));
}

TEST(CommandHelp, LeavesOutWhatThereIsNot) {
  EXPECT_EQ(help_of("dive"), "Usage:  nacre dive DEPTH\n\nLook for pearls\n");
  EXPECT_THAT(help_of("pearl prune"), Not(HasSubstr("Aliases:")));
  EXPECT_THAT(help_of("secret"), StartsWith("Usage:  nacre secret\n"));
}

TEST(GroupHelp, ListsTheCommandsUnderTheirNamesInTheGroup) {
  EXPECT_EQ(group_help(test::group_table()[0], test::command_table()),
            "Usage:  nacre pearl COMMAND\n\nManage pearls\n\nCommands:\n"
            "  ls     List pearls\n"
            "  prune  Don't keep pearls\n"
            "\nRun 'nacre pearl COMMAND --help' for more information on a command.\n");
}

TEST(ProgramHelp, ListsGroupsCommandsAndGlobalFlags) {
  std::string root;
  FlagSet flags;
  flags.text(root, "root", '\0', "string", "Folder of the store");
  const auto text = program_help(test::command_table(), test::group_table(), flags, wide);
  EXPECT_THAT(text, StartsWith("Usage:  nacre [OPTIONS] COMMAND\n"));
  EXPECT_THAT(text, HasSubstr("\nManagement Commands:\n  pearl  Manage pearls\n\n"));
  EXPECT_THAT(text, HasSubstr("\nCommands:\n  dive    Look for pearls\n  pearls  List pearls\n\n"));
  EXPECT_THAT(text, HasSubstr("\nGlobal Options:\n      --root string   Folder of the store\n"));
  EXPECT_THAT(text, HasSubstr("\nRun 'nacre COMMAND --help' for more information on a command.\n"));
  EXPECT_THAT(text, Not(HasSubstr("secret")));
  EXPECT_THAT(text, Not(HasSubstr("prune")));
}

TEST(UsageHint, StandsBelowAnError) {
  EXPECT_EQ(usage_hint(test::command_table()[1].info),
            "\nUsage:  nacre pearls [OPTIONS] [NAME]\n\nRun 'nacre pearls --help' for more information\n");
}

}  // namespace
}  // namespace nacre::cli
