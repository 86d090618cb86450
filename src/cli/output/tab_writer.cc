#include "cli/output/tab_writer.h"

#include <algorithm>
#include <vector>

#include "cli/output/unicode.h"

namespace nacre::cli {
namespace {

struct Cell {
  std::string_view text;
  std::size_t width;
  std::size_t column;  // index into the widths; only a cell that a tab ends has one
};

struct Line {
  std::vector<Cell> cells;
  std::string_view rest;
  bool ended = false;
};

class Layout {
 public:
  explicit Layout(TabStyle style) : style_(style) {}

  std::string align(std::string_view text) {
    std::vector<Line> lines;
    while (!text.empty()) {
      lines.push_back(take_line(text));
    }
    std::string out;
    for (const Line& line : lines) {
      for (const Cell& cell : line.cells) {
        out += cell.text;
        out.append(widths_[cell.column] - cell.width, ' ');
      }
      out += line.rest;
      out += line.ended ? "\n" : "";
    }
    return out;
  }

 private:
  // A column is named by its first line; it lives on in open_ for as long as each next line has a cell there.
  Line take_line(std::string_view& text) {
    const std::size_t end = std::min(text.find_first_of("\n\f"), text.size());
    Line line;
    line.rest = text.substr(0, end);
    line.ended = end < text.size();
    const bool page_end = line.ended && text[end] == '\f';
    text.remove_prefix(line.ended ? end + 1 : end);
    for (std::size_t tab = line.rest.find_first_of("\t\v"); tab != std::string_view::npos;
         tab = line.rest.find_first_of("\t\v")) {
      add_cell(line, line.rest.substr(0, tab));
      line.rest.remove_prefix(tab + 1);
    }
    open_.resize(page_end ? 0 : line.cells.size());
    return line;
  }

  void add_cell(Line& line, std::string_view text) {
    const std::size_t index = line.cells.size();
    if (index == open_.size()) {
      open_.push_back(widths_.size());
      widths_.push_back(style_.least_width);
    }
    const std::size_t column = open_[index];
    const std::size_t width = display_width(text);
    widths_[column] = std::max(widths_[column], width + style_.padding);
    line.cells.push_back({text, width, column});
  }

  TabStyle style_;
  std::vector<std::size_t> widths_;
  std::vector<std::size_t> open_;  // the columns of the line before
};

}  // namespace

std::string align_columns(std::string_view text, TabStyle style) {
  return Layout(style).align(text);
}

}  // namespace nacre::cli
