// Go's numbers: the literals of its source code, and strconv.FormatFloat.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace nacre::cli {

// A literal ("42", "0x_2a", "1.5e3", "'x'") under every type that can represent it exactly, as Go's constants are.
struct GoNumber {
  std::optional<std::int64_t> integer;
  std::optional<std::uint64_t> unsigned_integer;
  std::optional<double> floating;
  bool written_as_float = false;  // "1.0" and "1e3" are float64 where nothing asks for an integer
};

enum class NumberError { syntax, overflow };

// Complex literals are a syntax error: no value that nacre prints has use for them.
std::expected<GoNumber, NumberError> parse_go_number(std::string_view text);

// verb: e E f F g G x X b, as in fmt's; precision: digits as that verb counts them, or shortest_precision for the
// fewest that read back the same.
inline constexpr int shortest_precision = -1;
std::string format_go_float(double value, char verb, int precision);

}  // namespace nacre::cli
