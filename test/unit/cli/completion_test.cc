#include "cli/completion.h"

#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/subprocess.h"
#include "cli/program.h"
#include "command_table.h"

namespace nacre::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

std::string script(Shell shell) {
  return completion_script(shell, test::command_table(), test::group_table(), global_flags());
}

CapturedOutput run_bash(const std::string& text) {
  nacre::Command command;
  command.argv = {"bash", "--norc", "--noprofile", "-c", text};
  return run_captured(command);
}

// What bash offers when the last of these words is completed. `nacre` is a function that prints two image names.
std::vector<std::string> offered(const std::vector<std::string>& words) {
  std::string text = "nacre() { echo image:1; echo other:2; }\ncd /proc/self/fdinfo\n" + script(Shell::bash);
  text += "COMP_WORDS=(";
  for (const auto& word : words) {
    text += "'" + word + "' ";
  }
  text += fmt::format(")\nCOMP_CWORD={}\n_nacre\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n", words.size() - 1);
  const auto result = run_bash(text);
  EXPECT_EQ(result.status.shell_code(), 0) << result.error;
  EXPECT_EQ(result.error, "");
  std::vector<std::string> offers;
  std::istringstream stream(result.output);
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty()) {
      offers.push_back(line);
    }
  }
  return offers;
}

TEST(BashCompletion, OffersCommandsAndGroups) {
  EXPECT_THAT(offered({"nacre", ""}), UnorderedElementsAre("dive", "pearl", "pearls"));
  EXPECT_THAT(offered({"nacre", "pe"}), UnorderedElementsAre("pearl", "pearls"));
  EXPECT_THAT(offered({"nacre", "sec"}), IsEmpty());
}

TEST(BashCompletion, OffersTheCommandsOfAGroup) {
  EXPECT_THAT(offered({"nacre", "pearl", ""}), UnorderedElementsAre("list", "ls", "prune"));
  EXPECT_THAT(offered({"nacre", "pearl", "p"}), ElementsAre("prune"));
}

TEST(BashCompletion, OffersTheFlagsOfACommandUnderAllItsNames) {
  for (const auto& command : {std::vector<std::string>{"pearls"}, {"pearl", "ls"}, {"pearl", "prune"}}) {
    std::vector<std::string> words = {"nacre"};
    words.insert(words.end(), command.begin(), command.end());
    words.emplace_back("--f");
    EXPECT_THAT(offered(words), UnorderedElementsAre("--filter", "--format")) << testing::PrintToString(words);
    words.back() = "-";
    EXPECT_THAT(offered(words),
                UnorderedElementsAre("--all", "-a", "--filter", "-f", "--format", "--quiet", "-q", "--help"));
  }
  EXPECT_THAT(offered({"nacre", "pearls", "-q", "name", "--al"}), ElementsAre("--all"));
  EXPECT_THAT(offered({"nacre", "dive", "-"}), ElementsAre("--help"));
}

TEST(BashCompletion, KnowsTheFlagsBeforeTheCommand) {
  EXPECT_THAT(offered({"nacre", "--r"}), ElementsAre("--root"));
  EXPECT_THAT(offered({"nacre", "--root", "/x", "pearls", "--q"}), ElementsAre("--quiet"));
  EXPECT_THAT(offered({"nacre", "--root", "pearls", "di"}), ElementsAre("dive"));
}

TEST(BashCompletion, OffersImagesAsArguments) {
  EXPECT_THAT(offered({"nacre", "dive", "im"}), ElementsAre("image:1"));
  EXPECT_THAT(offered({"nacre", "pearls", "-q", "o"}), ElementsAre("other:2"));
}

TEST(BashCompletion, IsRegisteredAndSpoilsNothing) {
  const auto result =
      run_bash(script(Shell::bash) + "complete -p nacre; set -o posix; set | grep -c '^words=\\|^cur='");
  EXPECT_THAT(result.output, HasSubstr("-F _nacre nacre"));
  EXPECT_THAT(result.output, HasSubstr("\n0\n"));
}

TEST(ZshCompletion, DescribesEveryWord) {
  const auto text = script(Shell::zsh);
  EXPECT_THAT(text, testing::StartsWith("#compdef nacre\n"));
  EXPECT_THAT(text, HasSubstr("'pearls:List pearls'"));
  EXPECT_THAT(text, HasSubstr("'pearl:Manage pearls'"));
  EXPECT_THAT(text, HasSubstr("'ls:List pearls'"));
  EXPECT_THAT(text, HasSubstr("'prune:Don'\\''t keep pearls'"));
  EXPECT_THAT(text, HasSubstr("'pearl ls') flags=(--all -a --filter -f --format --quiet -q) ;;"));
  EXPECT_THAT(text, Not(HasSubstr("secret")));
}

TEST(FishCompletion, HasALineForEachWordAndFlag) {
  const auto text = script(Shell::fish);
  EXPECT_THAT(text, HasSubstr("complete -c nacre -n '__fish_use_subcommand' -a 'dive' -d 'Look for pearls'\n"));
  EXPECT_THAT(text, HasSubstr("-a 'prune' -d 'Don'\\''t keep pearls'\n"));
  EXPECT_THAT(text, HasSubstr("-l quiet -d 'Only show IDs'\n"));
  EXPECT_THAT(text, HasSubstr("-s q -d 'Only show IDs'\n"));
  EXPECT_THAT(text, HasSubstr("-l format -d 'Two lines:'\n"));  // the first line of a longer help
  EXPECT_THAT(text, Not(HasSubstr("secret")));
}

// The shells that are here parse their script.
TEST(Completion, IsWellFormedForAShell) {
  for (const auto& [shell, program] : {std::pair{Shell::bash, "bash"}, {Shell::zsh, "zsh"}, {Shell::fish, "fish"}}) {
    if (!find_program(program)) {
      continue;
    }
    nacre::Command command;
    command.argv = {program, "-n", "-c", script(shell)};
    const auto result = run_captured(command);
    EXPECT_EQ(result.status.shell_code(), 0) << program << ": " << result.error;
  }
}

}  // namespace
}  // namespace nacre::cli
