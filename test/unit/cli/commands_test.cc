// The table of commands is well-formed: what help, completions and man pages take for granted.
#include "cli/commands.h"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nacre::cli {
namespace {

using testing::EndsWith;
using testing::Not;

std::vector<std::string> names_of(const Command& command) {
  std::vector<std::string> names = command.info.aliases;
  names.push_back(command.info.name);
  return names;
}

std::set<std::string> all_names() {
  std::set<std::string> names;
  for (const auto& command : all_commands()) {
    const auto each = names_of(command);
    names.insert(each.begin(), each.end());
  }
  return names;
}

TEST(Commands, HaveNamesOfTheirOwn) {
  std::size_t count = 0;
  for (const auto& command : all_commands()) {
    count += names_of(command).size();
  }
  EXPECT_EQ(all_names().size(), count);
}

// What docker users type.
TEST(Commands, HaveDockersNames) {
  const auto names = all_names();
  for (const char* name :
       {"images",       "image ls",  "image list",    "rmi",         "image rm",      "image remove", "image prune",
        "tag",          "image tag", "save",          "image save",  "load",          "image load",   "import",
        "image import", "history",   "image history", "inspect",     "image inspect", "run",          "container run",
        "cp",           "diff",      "info",          "system info", "system df",     "version"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
}

TEST(Commands, WordsOfTwoBelongToAGroup) {
  std::set<std::string> used;
  for (const auto& name : all_names()) {
    if (const auto space = name.find(' '); space != std::string::npos) {
      used.insert(name.substr(0, space));
      EXPECT_EQ(name.find(' ', space + 1), std::string::npos) << name;
    }
  }
  std::set<std::string> groups;
  for (const auto& group : all_groups()) {
    groups.insert(group.name);
    EXPECT_NE(group.summary, "") << group.name;
    EXPECT_FALSE(all_names().contains(group.name)) << group.name;
  }
  EXPECT_EQ(used, groups);
}

TEST(Commands, AreDescribedInOneLine) {
  for (const auto& command : all_commands()) {
    EXPECT_EQ(command.info.summary.find('\n'), std::string::npos) << command.info.name;
    EXPECT_THAT(command.info.summary, Not(EndsWith("."))) << command.info.name;
    EXPECT_LE(command.info.summary.size(), 80U) << command.info.name;
  }
}

TEST(Commands, TakeAsManyArgumentsAsTheirUsageShows) {
  for (const auto& command : all_commands()) {
    const auto& info = command.info;
    EXPECT_GE(info.min_arguments, 0) << info.name;
    EXPECT_TRUE(info.max_arguments == any_number || info.max_arguments >= info.min_arguments) << info.name;
    // "[OPTIONS] IMAGE [IMAGE...]": a word without brackets is required.
    int required = 0;
    bool in_brackets = false;
    for (std::size_t i = 0; i < info.usage.size(); ++i) {
      in_brackets = in_brackets ? info.usage[i] != ']' : info.usage[i] == '[';
      const bool begins_word = i == 0 || info.usage[i - 1] == ' ';
      required += begins_word && !in_brackets ? 1 : 0;
    }
    EXPECT_EQ(info.min_arguments, required) << info.name << " " << info.usage;
  }
}

TEST(Commands, HaveFlagsThatCanBeToldApart) {
  for (const auto& command : all_commands()) {
    const auto bound = command.bind();
    std::set<std::string> names;
    std::set<char> shorthands;
    for (const auto& flag : bound->flags().flags()) {
      EXPECT_TRUE(names.insert(flag.name).second) << command.info.name << " --" << flag.name;
      EXPECT_TRUE(flag.shorthand == '\0' || shorthands.insert(flag.shorthand).second)
          << command.info.name << " -" << flag.shorthand;
      EXPECT_NE(flag.name, "help") << command.info.name;  // every command has it already
      EXPECT_NE(flag.help, "") << command.info.name << " --" << flag.name;
      EXPECT_EQ(flag.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"), std::string::npos) << flag.name;
    }
    const bool shows_options = command.info.usage.find("[OPTIONS]") != std::string::npos;
    EXPECT_EQ(shows_options, !names.empty()) << command.info.name;
  }
}

TEST(Commands, AreBoundToFreshVariablesEachTime) {
  const auto images = std::find_if(all_commands().begin(), all_commands().end(),
                                   [](const Command& command) { return command.info.name == "images"; });
  ASSERT_NE(images, all_commands().end());
  const auto first = images->bind();
  const auto second = images->bind();
  EXPECT_NE(&first->flags(), &second->flags());
  EXPECT_EQ(first->flags().parse({"-q", "x"}, Interspersed::yes), std::vector<std::string>{"x"});
  EXPECT_EQ(second->flags().parse({"y"}, Interspersed::yes), std::vector<std::string>{"y"});
}

}  // namespace
}  // namespace nacre::cli
