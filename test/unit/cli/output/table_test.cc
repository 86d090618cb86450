#include "cli/output/table.h"

#include <array>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"

namespace nacre::cli {
namespace {

constexpr std::array<Column, 4> columns{Column{"ID", "IMAGE ID"}, Column{"Repository", "REPOSITORY"},
                                        Column{"Tag", "TAG"}, Column{"Size", "SIZE"}};
constexpr std::string_view usual = "{{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.Size}}";

Json alpine() {
  return {{"ID", "1d34ffeaf190"}, {"Repository", "alpine"}, {"Tag", "3.20"}, {"Size", "7.79MB"}};
}
Json busybox() {
  return {{"ID", "65ad0d468eb1"}, {"Repository", "busybox"}, {"Tag", "latest"}, {"Size", "4.26MB"}};
}

std::string listed(std::string_view format, ListAudience audience = ListAudience::program) {
  ListFormatter formatter(format, usual, columns, "*formatter.imageContext", audience);
  formatter.add(alpine());
  formatter.add(busybox());
  return formatter.finish();
}

std::string refused(std::string_view format) {
  try {
    return "accepted: " + listed(format);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::invalid_argument);
    return error.message();
  }
}

TEST(ListFormatter, PrintsTheUsualTable) {
  const std::string table =
      "REPOSITORY   TAG       IMAGE ID       SIZE\n"
      "alpine       3.20      1d34ffeaf190   7.79MB\n"
      "busybox      latest    65ad0d468eb1   4.26MB\n";
  EXPECT_EQ(listed(""), table);
  EXPECT_EQ(listed("table"), table);
}

TEST(ListFormatter, ATableHasItsHeaderWithoutRows) {
  ListFormatter table("", usual, columns, "t");
  EXPECT_EQ(table.finish(), "REPOSITORY   TAG       IMAGE ID   SIZE\n");
  ListFormatter custom("{{.ID}}", usual, columns, "t");
  EXPECT_EQ(custom.finish(), "");
}

TEST(ListFormatter, TakesATableOfOnesOwn) {
  EXPECT_EQ(listed(R"(table {{.ID}}\t{{upper .Tag}})"),
            "IMAGE ID       TAG\n1d34ffeaf190   3.20\n65ad0d468eb1   LATEST\n");
  EXPECT_EQ(listed("table{{.Tag}}"), "TAG\n3.20\nlatest\n");
  EXPECT_EQ(listed("tablefoo {{.Tag}}"), "foo TAG\nfoo 3.20\nfoo latest\n");  // as docker has it
  // "docker context ls" 28.2 printed this for a row of its own.
  EXPECT_EQ(listed(R"(table {{.Tag}}\t{{pad .Tag 2 3}}|{{len .Tag}}|{{truncate .Tag 2}})"),
            "TAG         TAG   |3|TAG\n3.20        3.20   |4|3.\nlatest      latest   |6|la\n");
}

TEST(ListFormatter, PrintsJson) {
  EXPECT_EQ(listed("json"),
            "{\"ID\":\"1d34ffeaf190\",\"Repository\":\"alpine\",\"Size\":\"7.79MB\",\"Tag\":\"3.20\"}\n"
            "{\"ID\":\"65ad0d468eb1\",\"Repository\":\"busybox\",\"Size\":\"4.26MB\",\"Tag\":\"latest\"}\n");
  EXPECT_EQ(listed("{{json .}}"), listed("json"));
  EXPECT_EQ(listed("{{json .Tag}}"), "\"3.20\"\n\"latest\"\n");
}

TEST(ListFormatter, PrintsRaw) {
  EXPECT_EQ(listed("raw"),
            "repository: alpine\ntag: 3.20\nimage_id: 1d34ffeaf190\nsize: 7.79MB\n\n"
            "repository: busybox\ntag: latest\nimage_id: 65ad0d468eb1\nsize: 4.26MB\n\n");
}

TEST(ListFormatter, TakesTemplates) {
  EXPECT_EQ(listed("{{.Repository}}:{{.Tag}}"), "alpine:3.20\nbusybox:latest\n");
  EXPECT_EQ(listed(R"(  {{.ID}}\t{{.Size}}\n )"), "1d34ffeaf190\t7.79MB\n\n65ad0d468eb1\t4.26MB\n\n");
  EXPECT_EQ(listed("{{if eq .Tag \"latest\"}}{{.ID}}{{end}}"), "\n65ad0d468eb1\n");
  EXPECT_EQ(listed("plain"), "plain\nplain\n");
}

TEST(ListFormatter, RefusesAsDockerDoes) {
  EXPECT_EQ(refused("{{.Nope}}"),
            "template parsing error: template: :1:2: executing \"\" at <.Nope>: can't evaluate field Nope in type "
            "*formatter.imageContext");
  EXPECT_EQ(refused("{{.ID"), "template parsing error: template: :1: unclosed action");
  EXPECT_EQ(refused("table {{nope}}"), "template parsing error: template: :1: function \"nope\" not defined");
  EXPECT_EQ(refused("{{.ID.X}}"),
            "template parsing error: template: :1:5: executing \"\" at <.ID.X>: can't evaluate field X in type string");
}

TEST(ListFormatter, KeepsTheTerminalSafe) {
  const auto row = [](ListAudience audience) {
    ListFormatter formatter("{{.Tag}}", usual, columns, "t", audience);
    formatter.add({{"Tag", "a\x1b[2J\nb"}});
    return formatter.finish();
  };
  EXPECT_EQ(row(ListAudience::program), "a\x1b[2J\nb\n");
  EXPECT_EQ(row(ListAudience::terminal), "a\\x1b[2J\\x0ab\n");
}

TEST(ListFormatter, KnowsATable) {
  EXPECT_TRUE(ListFormatter::is_table(""));
  EXPECT_TRUE(ListFormatter::is_table("table {{.ID}}"));
  EXPECT_FALSE(ListFormatter::is_table("json"));
  EXPECT_FALSE(ListFormatter::is_table("{{.ID}}"));
}

}  // namespace
}  // namespace nacre::cli
