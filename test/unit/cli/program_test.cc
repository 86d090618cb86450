#include "cli/program.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temp.h"
#include "cli/version.h"

namespace nacre::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using Words = std::vector<std::string>;

struct Outcome {
  int status;
  std::string out;
  std::string err;
};

Outcome run(const Words& words) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int status = run_program(words);
  return {status, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

void expect_success(const Words& words, const testing::Matcher<std::string>& output) {
  const auto outcome = run(words);
  EXPECT_EQ(outcome.status, 0) << testing::PrintToString(words);
  EXPECT_THAT(outcome.out, output) << testing::PrintToString(words);
  EXPECT_THAT(outcome.err, IsEmpty()) << testing::PrintToString(words);
}

void expect_failure(const Words& words, int status, const testing::Matcher<std::string>& message) {
  const auto outcome = run(words);
  EXPECT_EQ(outcome.status, status) << testing::PrintToString(words);
  EXPECT_THAT(outcome.out, IsEmpty()) << testing::PrintToString(words);
  EXPECT_THAT(outcome.err, message) << testing::PrintToString(words);
}

// With a store of its own; commands that get that far find it empty.
class ProgramTest : public testing::Test {
 protected:
  std::string root() const { return directory_.path() / "root"; }
  Words with_root(Words words) const {
    words.insert(words.begin(), {"--root", root()});
    return words;
  }

 private:
  TempDir directory_{fs::exists("/dev/shm") ? "/dev/shm" : fs::temp_directory_path(), "nacre-program-test-"};
};

TEST_F(ProgramTest, TellsItsVersion) {
  for (const Words& words : {Words{"--version"}, Words{"-v"}, Words{"--version", "images"}}) {
    expect_success(words, version_line() + "\n");
  }
}

TEST_F(ProgramTest, HelpHasOneTextHoweverItIsAskedFor) {
  const auto help = run({"--help"}).out;
  EXPECT_THAT(help, StartsWith("Usage:  nacre [OPTIONS] COMMAND\n"));
  for (const Words& words : {Words{}, Words{"-h"}, Words{"help"}, Words{"--root", "/nonexistent", "--help"}}) {
    expect_success(words, help);
  }
  const auto of_command = run({"images", "--help"}).out;
  EXPECT_THAT(of_command, StartsWith("Usage:  nacre images [OPTIONS] [REPOSITORY[:TAG]]\n\nList images\n"));
  for (const Words& words : {Words{"help", "images"}, Words{"image", "ls", "--help"}, Words{"images", "-q", "--help"},
                             Words{"help", "image", "list"}}) {
    expect_success(words, of_command);
  }
  const auto of_group = run({"image"}).out;
  EXPECT_THAT(of_group, StartsWith("Usage:  nacre image COMMAND\n"));
  for (const Words& words : {Words{"image", "--help"}, Words{"image", "-h"}, Words{"help", "image"}}) {
    expect_success(words, of_group);
  }
}

TEST_F(ProgramTest, HelpTouchesNoDisk) {
  for (const Words& words : {Words{"--help"}, Words{"images", "--help"}, Words{"image"}, Words{"--version"}}) {
    EXPECT_EQ(run(with_root(words)).status, 0);
  }
  EXPECT_FALSE(fs::exists(root()));
}

// What follows the image is the container's command line.
TEST_F(ProgramTest, HelpBehindAnImageIsTheCommands) {
  expect_failure(with_root({"run", "--rm", "none:1", "tool", "--help"}), 125, HasSubstr("No such image: none:1"));
  expect_success({"run", "--rm", "--help"}, StartsWith("Usage:  nacre run "));
  expect_success({"history", "-h"}, StartsWith("Usage:  nacre history "));
  expect_failure(with_root({"run", "-e", "FOO", "none:1", "--help"}), 125, HasSubstr("No such image: none:1"));
  expect_success({"run", "-e", "--help", "--help"}, StartsWith("Usage:  nacre run "));
  expect_success(with_root({"images", "--format", "--help"}), "");  // a value
  expect_failure(with_root({"history", "--", "--help"}), 1, HasSubstr("--help"));
}

TEST_F(ProgramTest, CommandsHaveSeveralNames) {
  for (const Words& words : {Words{"images"}, Words{"image", "ls"}, Words{"image", "list"}}) {
    Words quiet = words;
    quiet.emplace_back("-q");
    expect_success(with_root(words), StartsWith("REPOSITORY   TAG "));
    expect_success(with_root(quiet), "");
  }
}

TEST_F(ProgramTest, UnknownCommandsAreNamed) {
  expect_failure({"nonsense"}, 1, AllOf(HasSubstr("unknown command: nacre nonsense\n"), HasSubstr("nacre --help")));
  expect_failure({"image", "nonsense"}, 1, HasSubstr("unknown command: nacre image nonsense\n"));
}

TEST_F(ProgramTest, WrongFlagsEndWith125AndTheUsage) {
  expect_failure({"images", "--nonsense"}, 125,
                 "unknown flag: --nonsense\n\nUsage:  nacre images [OPTIONS] [REPOSITORY[:TAG]]\n\n"
                 "Run 'nacre images --help' for more information\n");
  expect_failure({"images", "-qx"}, 125, StartsWith("unknown shorthand flag: 'x' in -x\n\nUsage:  nacre images "));
  expect_failure({"--nonsense", "images"}, 125,
                 AllOf(StartsWith("unknown flag: --nonsense\n"), HasSubstr("nacre --help")));
  expect_failure({"--root"}, 125, StartsWith("flag needs an argument: --root\n"));
  // A flag of the program stands before the command.
  expect_failure({"images", "--root", root()}, 125, StartsWith("unknown flag: --root\n"));
}

TEST_F(ProgramTest, ArgumentsAreCountedAndWordedAsDockersAre) {
  const auto refused = [](const Words& words, const std::string& message) {
    expect_failure(words, 1,
                   AllOf(StartsWith("nacre: " + message + "\n\nUsage:  nacre " + words[0] + " "),
                         HasSubstr("Run 'nacre " + words[0] + " --help' for more information\n")));
  };
  refused({"tag", "one"}, "'nacre tag' requires 2 arguments");
  refused({"history"}, "'nacre history' requires 1 argument");
  refused({"history", "a", "b"}, "'nacre history' requires 1 argument");
  refused({"rmi"}, "'nacre rmi' requires at least 1 argument");
  refused({"images", "a", "b"}, "'nacre images' requires at most 1 argument");
  refused({"load", "x"}, "'nacre load' accepts no arguments");
}

TEST_F(ProgramTest, ErrorsAreOneLineWithTheProgramsName) {
  expect_failure(with_root({"history", "none"}), 1, "nacre: No such image: none:latest\n");
  expect_failure(with_root({"images", "-f", "colour=red"}), 1, "nacre: invalid filter 'colour'\n");
  expect_failure({"--root", "/proc/nowhere", "images"}, 1, StartsWith("nacre: "));
}

TEST_F(ProgramTest, TheRestOfSeveralArgumentsIsDoneAfterAFailure) {
  const auto outcome = run(with_root({"rmi", "none:1", "none:2"}));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "nacre: No such image: none:1\nnacre: No such image: none:2\n");
  EXPECT_EQ(run(with_root({"rmi", "-f", "none:1"})).status, 0);
}

TEST_F(ProgramTest, TheDriverIsChecked) {
  expect_failure(with_root({"--driver", "nonsense", "info"}), 1,
                 "nacre: unknown driver 'nonsense': use erofs or extract\n");
}

TEST(GlobalFlags, AreThoseBeforeTheCommand) {
  const auto flags = global_flags();
  Words names;
  for (const auto& flag : flags.flags()) {
    names.push_back(flag.name);
  }
  EXPECT_THAT(names, testing::ElementsAre("driver", "help", "root", "version"));
}

}  // namespace
}  // namespace nacre::cli
