#include "cli/output/table.h"

#include <algorithm>

#include <unistd.h>

#include "base/error.h"
#include "cli/output/tab_writer.h"
#include "cli/output/text.h"
#include "cli/output/unicode.h"

namespace nacre::cli {
namespace {

constexpr std::string_view table_word = "table";

std::string_view trim_blanks(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  return begin == std::string_view::npos ? "" : text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

// The backslash escapes that a shell leaves alone.
std::string with_tabs_and_line_ends(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool tab = text.substr(i).starts_with("\\t");
    if (tab || text.substr(i).starts_with("\\n")) {
      out += tab ? '\t' : '\n';
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool starts_table(std::string_view format) {
  return format.starts_with(table_word);
}

// The name of the field behind one cell of a table's row, or nothing if the cell is more than a field.
std::string_view only_field(std::string_view cell) {
  const bool action = cell.starts_with("{{.") && cell.ends_with("}}");
  const std::string_view name = action ? cell.substr(3, cell.size() - 5) : "";
  return name.find_first_of("{} |(.") == std::string_view::npos ? name : "";
}

// "repository: {{.Repository}}" for each cell of the usual table.
std::string raw_template(std::string_view table, std::span<const Column> columns) {
  std::string text;
  while (!table.empty()) {
    const std::size_t tab = std::min(table.find('\t'), table.size());
    const std::string_view cell = table.substr(0, tab);
    table.remove_prefix(std::min(tab + 1, table.size()));
    for (const Column& column : columns) {
      if (column.field == only_field(cell)) {
        for (const char c : column.header) {
          text += c == ' ' ? '_' : static_cast<char>(to_lower(static_cast<unsigned char>(c)));
        }
        text.append(": ").append(cell) += '\n';
      }
    }
  }
  return text;
}

// The template behind a --format, without the word "table".
std::string template_text(std::string_view format, std::string_view table, std::span<const Column> columns) {
  if (format.empty() || format == table_word) {
    return std::string(table);
  }
  if (format == "raw") {
    return raw_template(table, columns);
  }
  if (format == "json") {
    return "{{json .}}";
  }
  return with_tabs_and_line_ends(trim_blanks(starts_table(format) ? format.substr(table_word.size()) : format));
}

std::vector<Shape::Field> fields_of(std::span<const Column> columns) {
  std::vector<Shape::Field> fields;
  for (const Column& column : columns) {
    fields.push_back({column.field, column.field, &shapes::any});
  }
  return fields;
}

Json escaped(const Json& json) {
  if (json.is_string()) {
    return escape_controls(json.get_ref<const std::string&>());
  }
  Json result = json;
  if (json.is_structured()) {
    for (Json& item : result) {
      item = escaped(item);
    }
  }
  return result;
}

constexpr std::string_view error_context = "template parsing error";  // docker says so of running, too

}  // namespace

ListAudience audience_of_output() {
  return is_terminal(STDOUT_FILENO) ? ListAudience::terminal : ListAudience::program;
}

bool ListFormatter::is_table(std::string_view format) {
  return format.empty() || starts_table(format);
}

ListFormatter::ListFormatter(std::string_view format, std::string_view table, std::span<const Column> columns,
                             std::string_view type_name, ListAudience audience)
    : columns_(columns),
      audience_(audience),
      table_(is_table(format)),
      fields_(fields_of(columns)),
      shape_{Shape::Kind::structure, type_name, nullptr, fields_},
      template_(with_context(
          error_context, [&] { return Template::parse(template_text(format, table, columns), {.shape = &shape_}); })) {}

void ListFormatter::add(const Json& row) {
  with_context(error_context, [&] {
    rows_ += template_.execute(audience_ == ListAudience::terminal ? escaped(row) : row);
    rows_ += '\n';
  });
}

std::string ListFormatter::finish() const {
  if (!table_) {
    return rows_;
  }
  Json titles = Json::object();
  for (const Column& column : columns_) {
    titles[std::string(column.field)] = column.header;
  }
  return align_columns(template_.execute_header(titles) + "\n" + rows_);
}

}  // namespace nacre::cli
