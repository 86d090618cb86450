// Writes one value under one printf verb.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "cli/output/template_budget.h"
#include "cli/output/template_value.h"

namespace nacre::cli {

// What stands between % and the verb.
struct PrintFlags {
  bool plus = false;
  bool minus = false;
  bool sharp = false;
  bool space = false;
  bool zero = false;
  bool plus_v = false;   // %+v: field names
  bool sharp_v = false;  // %#v: Go syntax
  bool has_width = false;
  bool has_precision = false;
  int width = 0;
  int precision = 0;
};

class GoPrinter {
 public:
  explicit GoPrinter(TemplateBudget& budget) : budget_(budget) {}

  PrintFlags flags;

  void print(const Value& value, char32_t verb);
  void append(std::string_view text);
  std::string take() { return std::move(out_); }

 private:
  void print_nothing(char32_t verb);
  void print_nested(const Value& value, char32_t verb);
  void print_bool(bool value, char32_t verb);
  void print_integer(const Integer& integer, char32_t verb);
  void print_digits(const Integer& integer, unsigned base, char32_t verb);
  void print_unicode(std::uint64_t bits);
  void print_float(double value, char32_t verb);
  void print_text(const TextValue& text, char32_t verb);
  void print_hex(std::string_view text, char32_t verb);
  void print_quoted(std::string_view text);
  void print_list(const ListValue& list, char32_t verb);
  void print_map(const MapValue& map, char32_t verb);
  void print_struct(const StructValue& structure, char32_t verb);
  void print_nil_pointer(const NilPointer& pointer, char32_t verb);
  void print_separator(bool first);
  void print_bad_verb(const Value& value, char32_t verb);

  // Appends text, filled up to the width.
  void pad(std::string_view text);
  void fill(std::size_t count, char filler);

  TemplateBudget& budget_;
  std::string out_;
};

}  // namespace nacre::cli
