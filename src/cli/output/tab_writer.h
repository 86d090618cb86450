// Columns from tab-separated text, as docker's tables have them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace nacre::cli {

struct TabStyle {
  std::size_t least_width = 10;  // of a column, padding included
  std::size_t padding = 3;
};

// Go's text/tabwriter with blanks for padding: a cell ends at a tab, a column is a run of lines that have a cell there,
// and what follows a line's last tab belongs to no column. Widths are columns of a terminal, so wide characters align.
std::string align_columns(std::string_view text, TabStyle style = {});

}  // namespace nacre::cli
