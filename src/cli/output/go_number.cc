#include "cli/output/go_number.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "cli/output/go_quote.h"

namespace nacre::cli {
namespace {

bool is_digit(char c, int base) {
  if (c >= '0' && c <= '9') {
    return c - '0' < base;
  }
  const char lower = static_cast<char>(c | 0x20);
  return base == 16 && lower >= 'a' && lower <= 'f';
}

struct Prefix {
  int base = 10;
  std::size_t length = 0;
};

Prefix prefix_of(std::string_view digits) {
  if (digits.size() >= 2 && digits[0] == '0') {
    switch (digits[1] | 0x20) {
      case 'x':
        return {16, 2};
      case 'o':
        return {8, 2};
      case 'b':
        return {2, 2};
      default:
        break;
    }
  }
  return {};
}

// Underscores stand only between digits, or between the base prefix and a digit.
bool underscores_are_fine(std::string_view text, const Prefix& prefix) {
  char before = prefix.length != 0 ? '0' : '.';
  for (std::size_t i = prefix.length; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '.';
    if (text[i] == '_' && !(is_digit(before, 16) && is_digit(next, prefix.base))) {
      return false;
    }
    before = text[i];
  }
  return true;
}

// The digits of an integer literal without sign, in the base that its prefix names.
std::optional<std::uint64_t> parse_magnitude(std::string_view text) {
  Prefix prefix = prefix_of(text);
  if (!underscores_are_fine(text, prefix)) {
    return std::nullopt;
  }
  std::string digits(text.substr(prefix.length));
  if (prefix.length == 0 && digits.size() > 1 && digits[0] == '0') {
    prefix.base = 8;
  }
  std::erase(digits, '_');
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, prefix.base);
  const bool whole = error == std::errc() && end == digits.data() + digits.size() && !digits.empty();
  return whole ? std::optional(value) : std::nullopt;
}

std::optional<double> parse_float(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  const Prefix prefix = prefix_of(text);
  const bool hex = prefix.base == 16;
  const bool has_exponent = text.find_first_of("pP") != std::string_view::npos;
  if ((prefix.length != 0 && !hex) || hex != has_exponent || !underscores_are_fine(text, prefix)) {
    return std::nullopt;
  }
  std::string digits(text.substr(prefix.length));
  std::erase(digits, '_');
  if (digits.empty() || !(is_digit(digits[0], 16) || digits[0] == '.')) {
    return std::nullopt;  // from_chars also takes a sign, "inf" and "nan"
  }
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value,
                                            hex ? std::chars_format::hex : std::chars_format::general);
  if (error == std::errc::result_out_of_range || error != std::errc() || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return negative ? -value : value;
}

std::expected<GoNumber, NumberError> of_character(std::string_view text) {
  const std::optional<char32_t> c = go_unquote_character(text);
  if (!c) {
    return std::unexpected(NumberError::syntax);
  }
  return GoNumber{.integer = *c, .unsigned_integer = *c, .floating = *c};
}

std::expected<GoNumber, NumberError> of_float(std::string_view text) {
  const std::optional<double> value = parse_float(text);
  if (!value) {
    return std::unexpected(NumberError::syntax);
  }
  if (text.find_first_of(".eEpP") == std::string_view::npos) {
    return std::unexpected(NumberError::overflow);  // digits only, and yet no integer type could hold it
  }
  GoNumber number;
  number.floating = value;
  if (*value >= -0x1p63 && *value < 0x1p63 && std::trunc(*value) == *value) {
    number.integer = static_cast<std::int64_t>(*value);
  }
  if (*value >= 0 && *value < 0x1p64 && std::trunc(*value) == *value) {
    number.unsigned_integer = static_cast<std::uint64_t>(*value);
  }
  number.written_as_float = true;
  return number;
}

// Digits and decimal exponent of d.ddd x 10^exponent.
struct Decimal {
  std::string digits;
  int exponent = 0;
};

Decimal split_scientific(std::string_view text) {
  Decimal decimal;
  const std::size_t e = text.find('e');
  for (const char c : text.substr(0, e)) {
    if (c != '.') {
      decimal.digits += c;
    }
  }
  std::string_view exponent = text.substr(e + 1);
  if (exponent.starts_with('+')) {
    exponent.remove_prefix(1);
  }
  std::from_chars(exponent.data(), exponent.data() + exponent.size(), decimal.exponent);
  return decimal;
}

std::string to_text(double value, std::chars_format format, int precision) {
  // Room for 1.8e308 in full with the digits asked for.
  std::string buffer(static_cast<std::size_t>(std::max(precision, 0)) + 400, '\0');
  const auto result = precision == shortest_precision
                          ? std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format)
                          : std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format, precision);
  buffer.resize(static_cast<std::size_t>(result.ptr - buffer.data()));
  return buffer;
}

// %g: plain notation from 1e-4 up to the precision (6 digits when shortest), else scientific; no trailing zeros.
std::string format_general(double magnitude, int precision) {
  if (precision == 0) {
    precision = 1;
  }
  std::string scientific =
      to_text(magnitude, std::chars_format::scientific, precision == shortest_precision ? precision : precision - 1);
  Decimal decimal = split_scientific(scientific);
  while (decimal.digits.size() > 1 && decimal.digits.back() == '0') {
    decimal.digits.pop_back();
  }
  const int limit = precision == shortest_precision ? 6 : precision;
  if (decimal.exponent < -4 || decimal.exponent >= limit) {
    std::string text = decimal.digits.substr(0, 1);
    if (decimal.digits.size() > 1) {
      text += '.' + decimal.digits.substr(1);
    }
    return text + fmt::format("e{}{:02}", decimal.exponent < 0 ? '-' : '+', std::abs(decimal.exponent));
  }
  if (decimal.exponent < 0) {
    return "0." + std::string(static_cast<std::size_t>(-decimal.exponent - 1), '0') + decimal.digits;
  }
  const auto whole = static_cast<std::size_t>(decimal.exponent) + 1;
  if (decimal.digits.size() <= whole) {
    return decimal.digits + std::string(whole - decimal.digits.size(), '0');
  }
  return decimal.digits.substr(0, whole) + '.' + decimal.digits.substr(whole);
}

// %x: 0x1.8p+00, the exponent with at least two digits.
std::string format_hex(double magnitude, int precision) {
  std::string text = to_text(magnitude, std::chars_format::hex, precision);
  const std::size_t sign = text.find('p') + 1;
  if (text.size() - sign < 3) {
    text.insert(sign + 1, 1, '0');
  }
  return "0x" + text;
}

// %b: the mantissa as an integer and a binary exponent.
std::string format_binary(double magnitude) {
  int exponent = 0;
  const double fraction = std::frexp(magnitude, &exponent);
  constexpr int bits = std::numeric_limits<double>::digits;
  if (magnitude == 0) {
    return "0p-1074";
  }
  return fmt::format("{}p{:+}", static_cast<std::uint64_t>(std::ldexp(fraction, bits)), exponent - bits);
}

}  // namespace

std::expected<GoNumber, NumberError> parse_go_number(std::string_view text) {
  if (text.starts_with('\'')) {
    return of_character(text);
  }
  const bool negative = text.starts_with('-');
  const bool positive = text.starts_with('+');
  const std::optional<std::uint64_t> magnitude = parse_magnitude(text.substr(negative || positive ? 1 : 0));
  GoNumber number;
  constexpr std::uint64_t most_negative = std::uint64_t{1} << 63;
  if (magnitude && negative && *magnitude <= most_negative) {
    number.integer = static_cast<std::int64_t>(-*magnitude);
  } else if (magnitude && !negative && *magnitude < most_negative) {
    number.integer = static_cast<std::int64_t>(*magnitude);
  }
  if (magnitude && ((!negative && !positive) || *magnitude == 0)) {
    number.unsigned_integer = magnitude;
  }
  if (number.integer) {
    number.floating = static_cast<double>(*number.integer);
  } else if (number.unsigned_integer) {
    number.floating = static_cast<double>(*number.unsigned_integer);
  } else {
    return of_float(text);
  }
  return number;
}

std::string format_go_float(double value, char verb, int precision) {
  const double magnitude = std::abs(value);
  std::string text;
  switch (verb) {
    case 'e':
    case 'E':
      text = to_text(magnitude, std::chars_format::scientific, precision);
      break;
    case 'f':
    case 'F':
      text = to_text(magnitude, std::chars_format::fixed, precision);
      break;
    case 'x':
    case 'X':
      text = format_hex(magnitude, precision);
      break;
    case 'b':
      text = format_binary(magnitude);
      break;
    default:
      text = format_general(magnitude, precision);
      break;
  }
  if (verb == 'E' || verb == 'G' || verb == 'X') {
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  }
  return std::signbit(value) ? "-" + text : text;
}

}  // namespace nacre::cli
