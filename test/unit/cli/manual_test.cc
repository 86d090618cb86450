// The man pages, which cli/manual.cc makes from the command table; rules of man(7).
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/subprocess.h"
#include "base/temp.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/program.h"
#include "cli/version.h"
#include "command_table.h"

namespace nacre::cli {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using testing::UnorderedElementsAre;

std::vector<ManualPage> pages() {
  static std::string root;
  FlagSet flags;
  flags.text(root, "root", '\0', "string", "Folder of the store");
  return manual_pages(test::command_table(), test::group_table(), flags);
}

std::string page(const std::string& file_name) {
  for (const auto& each : pages()) {
    if (each.file_name == file_name) {
      return each.content;
    }
  }
  ADD_FAILURE() << "no page " << file_name;
  return {};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(line);
  }
  return lines;
}

TEST(Manual, HasAPageForTheProgramAndEachListedCommand) {
  std::vector<std::string> names;
  for (const auto& each : pages()) {
    names.push_back(each.file_name);
  }
  EXPECT_THAT(names, UnorderedElementsAre("nacre.1", "nacre-pearls.1", "nacre-pearl-prune.1", "nacre-dive.1"));
}

TEST(Manual, APageBeginsWithItsTitleAndName) {
  const auto lines = lines_of(page("nacre-pearl-prune.1"));
  ASSERT_GE(lines.size(), 3U);
  EXPECT_THAT(lines[0], StartsWith(".TH \"NACRE-PEARL-PRUNE\" \"1\" "));
  EXPECT_THAT(lines[0], HasSubstr("nacre " + version_number()));
  EXPECT_EQ(lines[1], ".SH NAME");
  // apropos reads "name \- summary".
  EXPECT_EQ(lines[2], "nacre\\-pearl\\-prune \\- Don't keep pearls");
}

TEST(Manual, TheSynopsisHasEveryNameOfTheCommand) {
  const auto lines = lines_of(page("nacre-pearls.1"));
  for (const char* name : {"pearls", "pearl ls", "pearl list"}) {
    EXPECT_THAT(lines, Contains(std::string("\\fBnacre ") + name + "\\fR [OPTIONS] [NAME]"));
  }
}

TEST(Manual, FlagsAreTaggedParagraphs) {
  const auto text = page("nacre-pearls.1");
  EXPECT_THAT(text, HasSubstr("\n.SH OPTIONS\n"));
  EXPECT_THAT(text, HasSubstr("\n.TP\n\\fB\\-q\\fR, \\fB\\-\\-quiet\\fR\nOnly show IDs\n"));
  EXPECT_THAT(text, HasSubstr("\n.TP\n\\fB\\-f\\fR, \\fB\\-\\-filter\\fR \\fIfilter\\fR\nFilter by conditions\n"));
  EXPECT_THAT(text, HasSubstr("\n.TP\n\\fB\\-\\-format\\fR \\fIstring\\fR\n"));
  EXPECT_THAT(page("nacre-dive.1"), Not(HasSubstr("OPTIONS")));
}

TEST(Manual, TextIsNeverTakenForAMacro) {
  const auto text = page("nacre-pearls.1");
  // A dot or a quote at the beginning of a line begins a macro, a backslash an escape.
  EXPECT_THAT(text, HasSubstr("\nA pearl is what\n\\&.nacre\\e makes.\n"));
  EXPECT_THAT(text, HasSubstr("\nTwo lines:\n.br\n\\&'json': as JSON\n.br\n\\&.Field:  one field\n"));
}

TEST(Manual, TheMainPageLeadsToTheOthers) {
  const auto text = page("nacre.1");
  EXPECT_THAT(text, HasSubstr(".TP\n\\fBnacre\\-pearl\\-prune\\fR(1)\nDon't keep pearls\n"));
  EXPECT_THAT(text, HasSubstr(".TP\n\\fBnacre pearl\\fR\nManage pearls\n"));
  EXPECT_THAT(text, HasSubstr(".TP\n\\fB\\-\\-root\\fR \\fIstring\\fR\nFolder of the store\n"));
  EXPECT_THAT(text, Not(HasSubstr("secret")));
  EXPECT_THAT(page("nacre-dive.1"), HasSubstr(".SH SEE ALSO\n\\fBnacre\\fR(1)\n"));
}

TEST(Manual, EveryLineIsAMacroThatExistsOrText) {
  const std::set<std::string> known = {".TH", ".SH", ".PP", ".TP", ".br"};
  for (const auto& each : manual_pages(all_commands(), all_groups(), global_flags())) {
    for (const auto& line : lines_of(each.content)) {
      const bool is_request = line.starts_with('.') || line.starts_with('\'');
      EXPECT_TRUE(!is_request || known.contains(line.substr(0, line.find(' ')))) << each.file_name << ": " << line;
    }
  }
}

TEST(Manual, RendersWithoutComplaints) {
  if (!find_program("mandoc")) {
    GTEST_SKIP() << "no mandoc here";
  }
  const TempDir directory(fs::temp_directory_path(), "nacre-manual-test-");
  for (const auto& each : manual_pages(all_commands(), all_groups(), global_flags())) {
    write_file_atomically(directory.path() / each.file_name, each.content);
    nacre::Command command;
    command.argv = {"mandoc", "-T", "lint", "-W", "error", directory.path() / each.file_name};
    const auto result = run_captured(command);
    EXPECT_EQ(result.status.shell_code(), 0) << result.output << result.error;
  }
}

}  // namespace
}  // namespace nacre::cli
