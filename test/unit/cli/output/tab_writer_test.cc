#include "cli/output/tab_writer.h"

#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "oci/json.h"

namespace nacre::cli {
namespace {

// test/golden/template/tables.go ran these through Go's text/tabwriter.
TEST(TabWriter, AgreesWithGo) {
  std::ifstream file(NACRE_SOURCE_DIR "/test/golden/template/tables.json");
  const oci::Json golden = oci::Json::parse(file);
  ASSERT_FALSE(golden.at("tables").empty());
  for (const auto& table : golden.at("tables")) {
    EXPECT_EQ(align_columns(table.at("input").get<std::string>()), table.at("output").get<std::string>())
        << table.at("input");
  }
}

// Unlike Go's, docker's own copy of tabwriter knows that some characters are two columns wide, and some none.
TEST(TabWriter, CountsColumnsOfTheTerminal) {
  EXPECT_EQ(align_columns("日本語日本語\tx\nabcdefghijkl\ty\n"), "日本語日本語   x\nabcdefghijkl   y\n");
  EXPECT_EQ(align_columns("e\u0301abcdefghi\tx\nabcdefghij\ty\n"), "e\u0301abcdefghi   x\nabcdefghij   y\n");
}

TEST(TabWriter, TakesAnyBytes) {
  EXPECT_EQ(align_columns("\xff\xfe\ta\n"), "\xff\xfe        a\n");
  EXPECT_EQ(align_columns(std::string(100'000, '\t')).size(), 1'000'000U);
}

}  // namespace
}  // namespace nacre::cli
