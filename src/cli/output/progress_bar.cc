#include "cli/output/progress_bar.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "cli/output/text.h"
#include "cli/output/units.h"

namespace nacre::cli {

namespace {

constexpr int longest_bar = 50;
constexpr int shortest_bar = 10;

// "  340kB/s 14s"
std::string pace(std::uint64_t done, std::uint64_t total, double rate) {
  if (rate < 1 || done >= total) {
    return {};
  }
  const auto left = static_cast<std::uint64_t>(std::ceil(static_cast<double>(total - done) / rate));
  const std::string shown_left = left < 60     ? fmt::format("{}s", left)
                                 : left < 3600 ? fmt::format("{}m{:02}s", left / 60, left % 60)
                                               : fmt::format("{}h{:02}m", left / 3600, left % 3600 / 60);
  return fmt::format("  {}/s {}", human_size(rate), shown_left);
}

}  // namespace

std::string progress_bar(std::uint64_t done, std::uint64_t total, double rate, int columns) {
  const std::string current = human_size(static_cast<double>(done));
  const bool overrun = done > total;  // then the total cannot be right
  const std::string numbers = overrun ? fmt::format("{:>8}", current)
                                      : fmt::format("{:>8}/{}", current, human_size(static_cast<double>(total)));
  constexpr int frame = 4;  // [>] and a blank
  const int room = std::min(longest_bar, columns - static_cast<int>(numbers.size()) - frame);
  if (total == 0 || room < shortest_bar) {
    return std::string(fit_columns(numbers, columns));
  }
  const std::string speed = pace(done, total, rate);
  if (!speed.empty() && room - static_cast<int>(speed.size()) >= shortest_bar) {
    return progress_bar(done, total, 0, columns - static_cast<int>(speed.size())) + speed;
  }
  const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const auto length = static_cast<std::size_t>(share * room);
  return fmt::format("[{}>{}] {}", std::string(length, '='), std::string(static_cast<std::size_t>(room) - length, ' '),
                     numbers);
}

}  // namespace nacre::cli
