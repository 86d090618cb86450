#include "cli/output/units.h"

#include <array>
#include <string_view>

#include "cli/output/go_number.h"

namespace nacre::cli {
namespace {

using Units = std::array<std::string_view, 9>;
constexpr Units decimal_units{"B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"};
constexpr Units binary_units{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"};

std::string with_unit(double size, double base, const Units& units, int digits) {
  std::size_t unit = 0;
  for (; size >= base && unit + 1 < units.size(); ++unit) {
    size /= base;
  }
  return format_go_float(size, 'g', digits).append(units[unit]);
}

}  // namespace

std::string human_size(double bytes, int digits) {
  return with_unit(bytes, 1000, decimal_units, digits);
}

std::string human_size_binary(double bytes) {
  return with_unit(bytes, 1024, binary_units, 4);
}

std::string time_ago(const Timestamp& then, const Timestamp& now) {
  const bool borrow = now.nanoseconds < then.nanoseconds;
  return duration_in_words(now.seconds - then.seconds - (borrow ? 1 : 0)) + " ago";
}

}  // namespace nacre::cli
