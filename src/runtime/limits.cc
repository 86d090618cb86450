#include "runtime/limits.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "base/error.h"
#include "runtime/words.h"

namespace nacre::runtime {

namespace {

constexpr std::array<std::string_view, 15> ulimit_names = {"core",    "cpu",      "data",   "fsize",      "locks",
                                                           "memlock", "msgqueue", "nice",   "nofile",     "nproc",
                                                           "rss",     "rtprio",   "rttime", "sigpending", "stack"};

Error invalid(std::string message) {
  return {Code::invalid_argument, std::move(message)};
}

// A decimal integer, with the words of Go's strconv for what is none.
std::int64_t parse_integer(std::string_view text) {
  std::string_view digits = text;
  if (digits.starts_with('+')) {
    digits.remove_prefix(1);
  }
  std::int64_t value = 0;
  const auto [end, result] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (result == std::errc::result_out_of_range) {
    throw invalid(fmt::format("strconv.ParseInt: parsing \"{}\": value out of range", text));
  }
  if (result != std::errc{} || end != digits.data() + digits.size() || digits.starts_with("+")) {
    throw invalid(fmt::format("strconv.ParseInt: parsing \"{}\": invalid syntax", text));
  }
  return value;
}

// "12", "12.5": decimal digits with at most one point, as an integer scaled by `scale` (a power of ten); nothing when
// malformed or too large. Digits beyond the scale must be zeros (`lossy` says when they are not).
struct Scaled {
  std::int64_t value = 0;
  bool lossy = false;
};
std::optional<Scaled> parse_scaled(std::string_view text, std::int64_t scale) {
  Scaled result;
  bool digits = false;
  bool point = false;
  std::int64_t weight = scale;
  for (const char c : text) {
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9') {
      return std::nullopt;
    }
    digits = true;
    const std::int64_t digit = c - '0';
    if (point) {
      weight /= 10;
      result.lossy |= weight == 0 && digit != 0;
      result.value += digit * weight;
    } else if (__builtin_mul_overflow(result.value, std::int64_t{10}, &result.value) ||
               __builtin_add_overflow(result.value, digit * scale, &result.value)) {
      return std::nullopt;
    }
  }
  return digits ? std::optional(result) : std::nullopt;
}

// The exponent of 1024 of a suffix ("k", "kb", "kib", "b", ""), any case.
std::optional<unsigned> binary_exponent(std::string_view suffix) {
  const std::string text = lower(suffix);
  if (text.empty() || text == "b") {
    return 0;
  }
  constexpr std::string_view prefixes = "kmgtp";
  const std::size_t exponent = prefixes.find(text[0]);
  const std::string_view rest = std::string_view(text).substr(1);
  if (exponent == std::string_view::npos || (!rest.empty() && rest != "b" && rest != "ib")) {
    return std::nullopt;
  }
  return static_cast<unsigned>(exponent + 1);
}

}  // namespace

std::string Ulimit::rlimit_name() const {
  return "RLIMIT_" + upper(name);
}

Ulimit parse_ulimit(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) {
    throw invalid(fmt::format("invalid ulimit argument: {}", text));
  }
  const std::string_view name = text.substr(0, equals);
  const std::string_view values = text.substr(equals + 1);
  if (std::ranges::find(ulimit_names, name) == ulimit_names.end()) {
    throw invalid(fmt::format("invalid ulimit type: {}", name));
  }
  if (std::ranges::count(values, ':') > 1) {
    throw invalid(fmt::format("too many limit value arguments - {}, can only have up to two, `soft[:hard]`", values));
  }
  const std::size_t colon = values.find(':');
  const std::int64_t soft = parse_integer(values.substr(0, colon));
  if (colon == std::string_view::npos) {
    return {std::string(name), soft, soft};
  }
  const std::int64_t hard = parse_integer(values.substr(colon + 1));
  if (hard != -1 && (soft == -1 || soft > hard)) {
    throw invalid(soft == -1
                      ? fmt::format("ulimit soft limit must be less than or equal to hard limit: soft: -1 "
                                    "(unlimited), hard: {}",
                                    hard)
                      : fmt::format("ulimit soft limit must be less than or equal to hard limit: {} > {}", soft, hard));
  }
  return {std::string(name), soft, hard};
}

std::uint64_t parse_memory_size(std::string_view text) {
  // The number ends at the last digit, point or blank; what follows is the suffix.
  const std::size_t last = text.find_last_of("0123456789. ");
  if (last == std::string_view::npos) {
    throw invalid(fmt::format("invalid size: '{}'", text));
  }
  const bool blank = text[last] == ' ';
  const std::string_view number = text.substr(0, blank ? last : last + 1);
  const std::string_view suffix = text.substr(last + 1);
  constexpr std::int64_t thousandth = 1000;
  const auto value = parse_scaled(number, thousandth);
  if (!value) {
    throw invalid(fmt::format("invalid size: '{}'", text));
  }
  const auto exponent = binary_exponent(suffix);
  if (!exponent) {
    throw invalid(fmt::format("invalid suffix: '{}'", suffix));
  }
  // Whole units and thousandths apart: the second product is below 2^60 whatever the unit.
  const std::int64_t unit = std::int64_t{1} << (10 * *exponent);
  const std::int64_t part = value->value % thousandth * unit / thousandth;
  std::int64_t bytes = 0;
  if (__builtin_mul_overflow(value->value / thousandth, unit, &bytes) || __builtin_add_overflow(bytes, part, &bytes)) {
    throw invalid(fmt::format("invalid size: '{}'", text));
  }
  return static_cast<std::uint64_t>(bytes);
}

std::int64_t parse_cpus(std::string_view text) {
  constexpr std::int64_t billion = 1'000'000'000;
  const auto fail = [&] { return invalid(fmt::format("failed to parse {} as a rational number", text)); };
  std::string_view number = text;
  const bool negative = number.starts_with('-');
  if (negative || number.starts_with('+')) {
    number.remove_prefix(1);
  }
  const std::size_t slash = number.find('/');
  const auto numerator = parse_scaled(number.substr(0, slash), billion);
  if (!numerator) {
    throw fail();
  }
  Scaled result = *numerator;
  if (slash != std::string_view::npos) {
    const auto denominator = parse_scaled(number.substr(slash + 1), 1);
    if (!denominator || denominator->value == 0) {
      throw fail();
    }
    result.lossy |= denominator->lossy || result.value % denominator->value != 0;
    result.value /= denominator->value;
  }
  if (result.lossy) {
    throw invalid("value is too precise");
  }
  return negative ? -result.value : result.value;
}

void check_memory_limit(std::uint64_t bytes) {
  constexpr std::uint64_t minimum = 6 * 1024 * 1024;
  if (bytes != 0 && bytes < minimum) {
    throw invalid("minimum memory limit allowed is 6MB");
  }
}

void check_cpus(std::int64_t nano_cpus, unsigned processors) {
  constexpr std::int64_t billion = 1'000'000'000;
  if (nano_cpus < 0 || nano_cpus > std::int64_t{processors} * billion || (nano_cpus > 0 && nano_cpus < billion / 100)) {
    throw invalid(fmt::format("range of CPUs is from 0.01 to {:.2f}, as there are only {} CPUs available",
                              static_cast<double>(processors), processors));
  }
}

}  // namespace nacre::runtime
