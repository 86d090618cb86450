#include "cli/output/go_printer.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "cli/output/go_number.h"
#include "cli/output/go_quote.h"
#include "cli/output/unicode.h"
#include "oci/utf8.h"

namespace nacre::cli {
namespace {

constexpr std::string_view nil_text = "<nil>";

// The first `count` characters of a text.
std::string_view first_characters(std::string_view text, int count) {
  std::size_t end = 0;
  for (; count > 0 && end < text.size(); --count) {
    end += oci::decode_utf8(text.substr(end)).length;
  }
  return text.substr(0, end);
}

std::string digits_of(std::uint64_t magnitude, unsigned base, bool upper_case) {
  const char* const alphabet = upper_case ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string digits;
  do {
    digits += alphabet[magnitude % base];
    magnitude /= base;
  } while (magnitude != 0);
  std::ranges::reverse(digits);
  return digits;
}

std::string_view prefix_of(unsigned base, char32_t verb, std::string_view digits, bool sharp) {
  if (verb == U'O') {
    return "0o";
  }
  if (!sharp) {
    return "";
  }
  if (base == 8) {
    return digits.starts_with('0') ? "" : "0";
  }
  if (base == 16) {
    return verb == U'X' ? "0X" : "0x";
  }
  return base == 2 ? "0b" : "";
}

// %#g and its like keep the decimal point and the trailing zeros.
void keep_point_and_zeros(std::string& text, char32_t verb, int precision) {
  const std::size_t tail = std::min(text.find_first_of(verb == U'x' || verb == U'X' ? "pP" : "eE"), text.size());
  std::string exponent = text.substr(tail);
  text.resize(tail);
  const bool counts_digits = verb == U'v' || verb == U'g' || verb == U'G' || verb == U'x';
  int missing = counts_digits ? (precision == shortest_precision ? 6 : precision) : 0;
  bool significant = false;
  for (const char c : text) {
    significant = significant || (c != '0' && c != '.' && c != '-');
    missing -= significant && c != '.' && c != '-' ? 1 : 0;
  }
  if (text.find('.') == std::string::npos) {
    missing -= text == "0" ? 1 : 0;
    text += '.';
  }
  text.append(static_cast<std::size_t>(std::max(missing, 0)), '0');
  text += exponent;
}

}  // namespace

void GoPrinter::append(std::string_view text) {
  budget_.spend_text(text.size());
  out_ += text;
}

void GoPrinter::fill(std::size_t count, char filler) {
  budget_.spend_text(count);
  out_.append(count, filler);
}

void GoPrinter::pad(std::string_view text) {
  const std::size_t characters = flags.has_width ? count_characters(text) : 0;
  const auto width = static_cast<std::size_t>(flags.width);
  const std::size_t missing = width > characters ? width - characters : 0;
  if (!flags.minus) {
    fill(missing, flags.zero ? '0' : ' ');
  }
  append(text);
  if (flags.minus) {
    fill(missing, ' ');
  }
}

void GoPrinter::print(const Value& value, char32_t verb) {
  budget_.spend_steps();
  if (value.is_nothing()) {
    print_nothing(verb);
    return;
  }
  if (verb == U'T') {
    pad(first_characters(type_name(value), flags.has_precision ? flags.precision : 1 << 30));
    return;
  }
  print_nested(value, verb);
}

void GoPrinter::print_nothing(char32_t verb) {
  if (verb == U'v' || verb == U'T') {
    pad(nil_text);
    return;
  }
  std::string text = "%!";
  append_utf8(text, verb);
  append(text + "(<nil>)");
}

void GoPrinter::print_nested(const Value& value, char32_t verb) {
  budget_.spend_steps();
  if (const auto* boolean = value.as<bool>()) {
    print_bool(*boolean, verb);
  } else if (const auto* integer = value.as<Integer>()) {
    print_integer(*integer, verb);
  } else if (const auto* floating = value.as<double>()) {
    print_float(*floating, verb);
  } else if (const auto* text = value.as<TextValue>()) {
    print_text(*text, verb);
  } else if (const auto* list = value.as<ListValue>()) {
    print_list(*list, verb);
  } else if (const auto* map = value.as<MapValue>()) {
    print_map(*map, verb);
  } else if (const auto* structure = value.as<StructValue>()) {
    print_struct(*structure, verb);
  } else if (const auto* pointer = value.as<NilPointer>()) {
    print_nil_pointer(*pointer, verb);
  } else {
    append(flags.sharp_v ? "interface {}(nil)" : nil_text);
  }
}

void GoPrinter::print_bad_verb(const Value& value, char32_t verb) {
  std::string text = "%!";
  append_utf8(text, verb);
  append(text + '(' + type_name(value) + '=');
  print_nested(value, U'v');
  append(")");
}

void GoPrinter::print_bool(bool value, char32_t verb) {
  if (verb == U't' || verb == U'v') {
    pad(value ? "true" : "false");
  } else {
    print_bad_verb({value}, verb);
  }
}

void GoPrinter::print_integer(const Integer& integer, char32_t verb) {
  switch (verb) {
    case U'v':
      if (flags.sharp_v && integer.is_unsigned()) {
        const bool sharp = std::exchange(flags.sharp, true);
        print_digits(integer, 16, verb);
        flags.sharp = sharp;
        return;
      }
      print_digits(integer, 10, verb);
      return;
    case U'd':
      print_digits(integer, 10, verb);
      return;
    case U'b':
      print_digits(integer, 2, verb);
      return;
    case U'o':
    case U'O':
      print_digits(integer, 8, verb);
      return;
    case U'x':
    case U'X':
      print_digits(integer, 16, verb);
      return;
    case U'c': {
      std::string text;
      append_utf8(text, integer.bits() > 0x10FFFF ? 0xFFFD : static_cast<char32_t>(integer.bits()));
      pad(text);
      return;
    }
    case U'q':
      pad(go_quote_character(integer.bits() > 0x10FFFF ? 0xFFFD : static_cast<char32_t>(integer.bits()),
                             flags.plus ? QuoteSet::ascii : QuoteSet::unicode));
      return;
    case U'U':
      print_unicode(integer.bits());
      return;
    default:
      print_bad_verb({integer}, verb);
  }
}

void GoPrinter::print_digits(const Integer& integer, unsigned base, char32_t verb) {
  const bool negative = !integer.is_unsigned() && integer.value < 0;
  const std::uint64_t magnitude = negative ? ~integer.bits() + 1 : integer.bits();
  const bool zero = std::exchange(flags.zero, false);  // it becomes digits here, never padding
  if (flags.has_precision && flags.precision == 0 && magnitude == 0) {
    fill(static_cast<std::size_t>(flags.width), ' ');
    flags.zero = zero;
    return;
  }
  std::string digits = digits_of(magnitude, base, verb == U'X');
  const bool signed_text = negative || flags.plus || flags.space;
  int least = flags.has_precision ? flags.precision : 0;
  if (!flags.has_precision && zero && !flags.minus && flags.has_width) {
    least = flags.width - (signed_text ? 1 : 0);
  }
  if (const auto wanted = static_cast<std::size_t>(std::max(least, 0)); wanted > digits.size()) {
    budget_.check_text(wanted);
    digits.insert(0, wanted - digits.size(), '0');
  }
  digits.insert(0, prefix_of(base, verb, digits, flags.sharp));
  if (signed_text) {
    digits.insert(0, 1, negative ? '-' : flags.plus ? '+' : ' ');
  }
  pad(digits);
  flags.zero = zero;
}

void GoPrinter::print_unicode(std::uint64_t bits) {
  std::string digits = digits_of(bits, 16, true);
  const std::size_t least = flags.has_precision && flags.precision > 4 ? static_cast<std::size_t>(flags.precision) : 4;
  if (least > digits.size()) {
    budget_.check_text(least);
    digits.insert(0, least - digits.size(), '0');
  }
  std::string text = "U+" + digits;
  if (flags.sharp && bits <= 0x10FFFF && is_printable(static_cast<char32_t>(bits))) {
    text += " '";
    append_utf8(text, static_cast<char32_t>(bits));
    text += '\'';
  }
  const bool zero = std::exchange(flags.zero, false);
  pad(text);
  flags.zero = zero;
}

void GoPrinter::print_float(double value, char32_t verb) {
  constexpr std::u32string_view verbs = U"vbgGxXfFeE";
  if (verbs.find(verb) == std::u32string_view::npos) {
    print_bad_verb({value}, verb);
    return;
  }
  const bool fixed_digits = verb == U'f' || verb == U'F' || verb == U'e' || verb == U'E';
  const int precision = flags.has_precision ? flags.precision : fixed_digits ? 6 : shortest_precision;
  budget_.check_text(static_cast<std::uint64_t>(std::max(precision, 0)));
  std::string text = format_go_float(value, verb == U'v' ? 'g' : static_cast<char>(verb), precision);
  if (flags.sharp && verb != U'b') {
    keep_point_and_zeros(text, verb, precision);
  }
  if (text[0] != '-' && (flags.plus || flags.space)) {
    text.insert(0, 1, flags.plus ? '+' : ' ');
  }
  const bool has_sign = text[0] == '-' || text[0] == '+' || text[0] == ' ';
  const auto width = static_cast<std::size_t>(flags.width);
  if (has_sign && flags.zero && !flags.minus && width > text.size()) {
    append(text.substr(0, 1));  // the sign goes before the zeros
    fill(width - text.size(), '0');
    append(text.substr(1));
    return;
  }
  pad(text);
}

void GoPrinter::print_text(const TextValue& text, char32_t verb) {
  const std::string_view shown = flags.has_precision ? first_characters(text.view, flags.precision) : text.view;
  switch (verb) {
    case U'v':
      if (flags.sharp_v) {
        print_quoted(shown);
      } else {
        pad(shown);
      }
      return;
    case U's':
      pad(shown);
      return;
    case U'q':
      print_quoted(shown);
      return;
    case U'x':
    case U'X':
      print_hex(text.view, verb);
      return;
    default:
      print_bad_verb({text}, verb);
  }
}

void GoPrinter::print_quoted(std::string_view text) {
  budget_.check_text(text.size());
  if (flags.sharp && go_can_backquote(text)) {
    pad("`" + std::string(text) + "`");
  } else {
    pad(go_quote(text, flags.plus ? QuoteSet::ascii : QuoteSet::unicode));
  }
}

void GoPrinter::print_hex(std::string_view text, char32_t verb) {
  if (flags.has_precision) {
    text = text.substr(0, static_cast<std::size_t>(flags.precision));
  }
  budget_.check_text(text.size() * 5);
  const std::string_view prefix = verb == U'X' ? "0X" : "0x";
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (flags.space && i > 0) {
      digits += ' ';
    }
    if (flags.sharp && (flags.space || i == 0)) {
      digits += prefix;
    }
    const auto byte = static_cast<unsigned char>(text[i]);
    digits += verb == U'X' ? fmt::format("{:02X}", byte) : fmt::format("{:02x}", byte);
  }
  pad(digits);
}

void GoPrinter::print_separator(bool first) {
  if (!first) {
    append(flags.sharp_v ? ", " : " ");
  }
}

void GoPrinter::print_list(const ListValue& list, char32_t verb) {
  const Shape* const element = element_shape(list);
  if (flags.sharp_v) {
    append(type_name({list}));
    if (list.nil) {
      append("(nil)");
      return;
    }
  }
  append(flags.sharp_v ? "{" : "[");
  bool first = true;
  for (const Json& item : list.items) {
    print_separator(std::exchange(first, false));
    print_nested(element_value(item, element), verb);
  }
  append(flags.sharp_v ? "}" : "]");
}

void GoPrinter::print_map(const MapValue& map, char32_t verb) {
  const Shape* const element = element_shape(map);
  if (flags.sharp_v) {
    append(type_name({map}));
    if (map.object == nullptr) {
      append("(nil)");
      return;
    }
  }
  append(flags.sharp_v ? "{" : "map[");
  bool first = true;
  for (const auto& [key, entry] : sorted_entries(map)) {
    print_separator(std::exchange(first, false));
    print_text({key, {}}, verb);
    append(":");
    print_nested(element_value(*entry, element), verb);
  }
  append(flags.sharp_v ? "}" : "]");
}

void GoPrinter::print_struct(const StructValue& structure, char32_t verb) {
  if (flags.sharp_v) {
    append(structure.shape->type_name);
  }
  append("{");
  bool first = true;
  for (const Shape::Field& field : structure.shape->fields) {
    print_separator(std::exchange(first, false));
    if (flags.plus_v || flags.sharp_v) {
      append(std::string(field.name) + ":");
    }
    print_nested(struct_field(structure, field.name), verb);
  }
  append("}");
}

void GoPrinter::print_nil_pointer(const NilPointer& pointer, char32_t verb) {
  if (verb != U'v') {
    print_bad_verb({pointer}, verb);
  } else if (flags.sharp_v) {
    append("(" + std::string(pointer.shape->type_name) + ")(nil)");
  } else {
    pad(nil_text);
  }
}

}  // namespace nacre::cli
