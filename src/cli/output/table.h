// Lists of things: `images`, `history`, `system df`, with docker's --format.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/output/template.h"

namespace nacre::cli {

struct Column {
  std::string_view field;   // as templates write it: "Repository"
  std::string_view header;  // as the table shows it: "REPOSITORY"
};

// Whether what images and containers say of themselves goes to a terminal, and must not be able to steer it.
enum class ListAudience { terminal, program };

// Who reads standard output.
ListAudience audience_of_output();

// Collects rows and prints them as docker would:
//   ""  "table"                the list's usual table    "raw"   a paragraph a row, with all columns of that table
//   "table {{.ID}}\t{{.Tag}}"  a table of one's own      "json"  one JSON object a line, keys sorted
//   anything else              the template once a row, each with a line end
// In the format "\t" and "\n" stand for a tab and a line end. A table has its header even without rows.
class ListFormatter {
 public:
  // table: the usual table's row, "{{.Repository}}\t{{.Tag}}". columns: every field a row has; they and type_name
  // (Go's, for messages: "*formatter.imageContext") are usually constants, and must outlive the formatter. Throws Error
  // (invalid_argument) for a malformed template: "template parsing error: template: :1: …".
  ListFormatter(std::string_view format, std::string_view table, std::span<const Column> columns,
                std::string_view type_name, ListAudience audience = ListAudience::program);
  ListFormatter(const ListFormatter&) = delete;
  ListFormatter& operator=(const ListFormatter&) = delete;

  // Whether the format, given as it stands on the command line, makes a table: docker shortens IDs only there.
  static bool is_table(std::string_view format);

  // row: an object with the fields of the columns. Throws Error (invalid_argument) if the template cannot show it; then
  // docker prints no row at all.
  void add(const Json& row);

  // All of it, ending with a line end unless empty.
  std::string finish() const;

 private:
  std::span<const Column> columns_;
  ListAudience audience_;
  bool table_;
  std::vector<Shape::Field> fields_;
  Shape shape_;
  Template template_;
  std::string rows_;
};

}  // namespace nacre::cli
