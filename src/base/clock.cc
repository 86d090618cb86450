#include "base/clock.h"

#include <array>
#include <charconv>
#include <cmath>
#include <ctime>

#include <fmt/format.h>

namespace nacre {

Timestamp Timestamp::now() {
  timespec value{};
  ::clock_gettime(CLOCK_REALTIME, &value);
  return {value.tv_sec, static_cast<std::uint32_t>(value.tv_nsec)};
}

namespace {

// Takes exactly `digits` decimal digits off the front; nothing if they are not there or out of range.
std::optional<int> take_number(std::string_view& text, std::size_t digits, int low, int high) {
  if (text.size() < digits) {
    return std::nullopt;
  }
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') {
      return std::nullopt;
    }
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value >= low && value <= high ? std::optional(value) : std::nullopt;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

// ".123456789": as many digits as there are, the first nine count.
std::optional<std::uint32_t> take_fraction(std::string_view& text) {
  if (!take(text, ".")) {
    return 0;
  }
  std::uint32_t value = 0;
  std::size_t digits = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), ++digits) {
    if (digits < 9) {
      value = value * 10 + static_cast<std::uint32_t>(text.front() - '0');
    }
  }
  for (std::size_t i = digits; i < 9; ++i) {
    value *= 10;
  }
  return digits > 0 ? std::optional(value) : std::nullopt;
}

// "Z" or "+02:00", in seconds east of Greenwich.
std::optional<int> take_zone(std::string_view& text) {
  if (take(text, "Zz")) {
    return 0;
  }
  const int sign = text.starts_with('-') ? -1 : 1;
  if (!take(text, "+-")) {
    return std::nullopt;
  }
  const auto hours = take_number(text, 2, 0, 23);
  const bool colon = take(text, ":");
  const auto minutes = take_number(text, 2, 0, 59);
  if (!hours || !colon || !minutes) {
    return std::nullopt;
  }
  return sign * (*hours * 3600 + *minutes * 60);
}

bool is_real_date(const tm& date, int days) {
  constexpr std::array<int, 12> month_days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const int year = date.tm_year + 1900;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return days <= month_days[static_cast<std::size_t>(date.tm_mon)] + (date.tm_mon == 1 && leap ? 1 : 0);
}

}  // namespace

std::optional<Timestamp> Timestamp::parse(std::string_view text) {
  const auto year = take_number(text, 4, 0, 9999);
  bool shape = take(text, "-");
  const auto month = take_number(text, 2, 1, 12);
  shape = take(text, "-") && shape;
  const auto day = take_number(text, 2, 1, 31);
  shape = take(text, "Tt ") && shape;
  const auto hour = take_number(text, 2, 0, 23);
  shape = take(text, ":") && shape;
  const auto minute = take_number(text, 2, 0, 59);
  shape = take(text, ":") && shape;
  const auto second = take_number(text, 2, 0, 60);
  if (!shape || !year || !month || !day || !hour || !minute || !second) {
    return std::nullopt;
  }
  const auto fraction = take_fraction(text);
  const auto zone = take_zone(text);
  if (!fraction || !zone || !text.empty()) {
    return std::nullopt;
  }
  tm date{};
  date.tm_year = *year - 1900;
  date.tm_mon = *month - 1;
  date.tm_mday = *day;
  date.tm_hour = *hour;
  date.tm_min = *minute;
  date.tm_sec = *second;
  if (!is_real_date(date, *day)) {
    return std::nullopt;
  }
  return Timestamp{::timegm(&date) - *zone, *fraction};
}

std::string Timestamp::rfc3339() const {
  const time_t when = seconds;
  tm date{};
  ::gmtime_r(&when, &date);
  std::string fraction;
  if (nanoseconds != 0) {
    fraction = fmt::format(".{:09}", nanoseconds);
    fraction.erase(fraction.find_last_not_of('0') + 1);
  }
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}Z", date.tm_year + 1900, date.tm_mon + 1, date.tm_mday,
                     date.tm_hour, date.tm_min, date.tm_sec, fraction);
}

std::string Timestamp::local_text() const {
  const time_t when = seconds;
  tm date{};
  ::localtime_r(&when, &date);
  std::array<char, 64> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S %z %Z", &date);
  return {text.data(), length};
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
  const bool negative = text.starts_with('-');
  take(text, "+-");
  if (text == "0") {
    return 0;
  }
  struct Unit {
    std::string_view name;
    double nanoseconds;
  };
  // Longer names first: "ms" must not be read as "m".
  constexpr std::array<Unit, 8> units = {Unit{"ns", 1},   Unit{"us", 1e3}, Unit{"µs", 1e3}, Unit{"μs", 1e3},
                                         Unit{"ms", 1e6}, Unit{"s", 1e9},  Unit{"m", 60e9}, Unit{"h", 3600e9}};
  if (text.empty()) {
    return std::nullopt;
  }
  double total = 0;
  while (!text.empty()) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (error != std::errc() || value < 0) {
      return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const Unit* unit = nullptr;
    for (const Unit& candidate : units) {
      if (text.starts_with(candidate.name) && (unit == nullptr || candidate.name.size() > unit->name.size())) {
        unit = &candidate;
      }
    }
    if (unit == nullptr) {
      return std::nullopt;
    }
    text.remove_prefix(unit->name.size());
    total += value * unit->nanoseconds;
  }
  constexpr double limit = 9.2e18;
  if (!(total < limit)) {
    return std::nullopt;
  }
  const auto whole = static_cast<std::int64_t>(std::llround(total));
  return negative ? -whole : whole;
}

std::string duration_in_words(std::int64_t seconds) {
  const std::int64_t minutes = seconds / 60;
  const std::int64_t hours = (seconds + 1800) / 3600;
  if (seconds < 1) {
    return "Less than a second";
  }
  if (seconds == 1) {
    return "1 second";
  }
  if (seconds < 60) {
    return fmt::format("{} seconds", seconds);
  }
  if (minutes == 1) {
    return "About a minute";
  }
  if (minutes < 60) {
    return fmt::format("{} minutes", minutes);
  }
  if (hours == 1) {
    return "About an hour";
  }
  if (hours < 48) {
    return fmt::format("{} hours", hours);
  }
  if (hours < 24 * 7 * 2) {
    return fmt::format("{} days", hours / 24);
  }
  if (hours < 24 * 30 * 2) {
    return fmt::format("{} weeks", hours / 24 / 7);
  }
  if (hours < 24 * 365 * 2) {
    return fmt::format("{} months", hours / 24 / 30);
  }
  return fmt::format("{} years", seconds / 3600 / 24 / 365);
}

}  // namespace nacre
