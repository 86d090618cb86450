#include "cli/output/progress_bar.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/output/text.h"
#include "cli/output/units.h"

namespace nacre::cli {

std::string progress_bar(std::uint64_t done, std::uint64_t total, int columns) {
  const std::string current = human_size(static_cast<double>(done));
  const bool overrun = done > total;  // then the total cannot be right
  const std::string numbers = overrun ? fmt::format("{:>8}", current)
                                      : fmt::format("{:>8}/{}", current, human_size(static_cast<double>(total)));
  constexpr int longest_bar = 50;
  constexpr int shortest_bar = 10;
  constexpr int frame = 4;  // [>] and a blank
  const int room = std::min(longest_bar, columns - static_cast<int>(numbers.size()) - frame);
  if (total == 0 || room < shortest_bar) {
    return std::string(fit_columns(numbers, columns));
  }
  const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const auto length = static_cast<std::size_t>(share * room);
  return fmt::format("[{}>{}] {}", std::string(length, '='), std::string(static_cast<std::size_t>(room) - length, ' '),
                     numbers);
}

}  // namespace nacre::cli
