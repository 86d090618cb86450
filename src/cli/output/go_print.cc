#include "cli/output/go_print.h"

#include <optional>

#include "cli/output/go_printer.h"
#include "cli/output/unicode.h"
#include "oci/utf8.h"

namespace nacre::cli {
namespace {

constexpr int largest_width = 1'000'000;

// Walks a printf format.
class FormatRun {
 public:
  FormatRun(std::string_view format, std::span<const Value> arguments, TemplateBudget& budget)
      : format_(format), arguments_(arguments), printer_(budget) {}

  std::string run() {
    while (position_ < format_.size()) {
      const std::size_t percent = std::min(format_.find('%', position_), format_.size());
      printer_.append(format_.substr(position_, percent - position_));
      position_ = percent;
      if (position_ < format_.size()) {
        ++position_;
        directive();
      }
    }
    report_extra();
    return printer_.take();
  }

 private:
  bool at(char c) const { return position_ < format_.size() && format_[position_] == c; }

  void directive() {
    printer_.flags = {};
    good_index_ = true;
    read_flags();
    bool after_index = read_index();
    read_width(after_index);
    if (position_ + 1 < format_.size() && at('.')) {
      ++position_;
      read_precision(after_index);
    }
    if (!after_index) {
      read_index();
    }
    if (position_ >= format_.size()) {
      printer_.append("%!(NOVERB)");
      return;
    }
    const oci::Utf8Char c = oci::decode_utf8(format_.substr(position_));
    position_ += c.length;
    print_verb(c.value);
  }

  void print_verb(char32_t verb) {
    std::string shown = "%!";
    append_utf8(shown, verb);
    if (verb == U'%') {
      printer_.append("%");
    } else if (!good_index_) {
      printer_.append(shown + "(BADINDEX)");
    } else if (next_ >= arguments_.size()) {
      printer_.append(shown + "(MISSING)");
    } else {
      if (verb == U'v') {
        PrintFlags& flags = printer_.flags;
        flags.sharp_v = std::exchange(flags.sharp, false);
        flags.plus_v = std::exchange(flags.plus, false);
      }
      printer_.print(arguments_[next_++], verb);
    }
  }

  void read_flags() {
    for (; position_ < format_.size(); ++position_) {
      PrintFlags& flags = printer_.flags;
      switch (format_[position_]) {
        case '#':
          flags.sharp = true;
          break;
        case '0':
          flags.zero = true;
          break;
        case '+':
          flags.plus = true;
          break;
        case '-':
          flags.minus = true;
          break;
        case ' ':
          flags.space = true;
          break;
        default:
          return;
      }
    }
  }

  void read_width(bool& after_index) {
    PrintFlags& flags = printer_.flags;
    if (at('*')) {
      ++position_;
      const std::optional<int> width = take_integer();
      flags.has_width = width.has_value();
      flags.width = width.value_or(0);
      if (!width) {
        printer_.append("%!(BADWIDTH)");
      }
      if (flags.width < 0) {
        flags.width = -flags.width;
        flags.minus = true;
      }
      after_index = false;
      return;
    }
    const std::optional<int> width = read_number();
    flags.has_width = width.has_value();
    flags.width = width.value_or(0);
    good_index_ = good_index_ && !(after_index && width);
  }

  void read_precision(bool& after_index) {
    PrintFlags& flags = printer_.flags;
    good_index_ = good_index_ && !after_index;
    after_index = read_index();
    flags.has_precision = true;
    if (!at('*')) {
      flags.precision = read_number().value_or(0);
      return;
    }
    ++position_;
    const std::optional<int> precision = take_integer();
    flags.has_precision = precision && *precision >= 0;
    flags.precision = flags.has_precision ? *precision : 0;
    if (!flags.has_precision) {
      printer_.append("%!(BADPREC)");
    }
    after_index = false;
  }

  // [n], which says what argument comes next. Returns whether there was one.
  bool read_index() {
    if (!at('[')) {
      return false;
    }
    reordered_ = true;
    const std::size_t close = format_.find(']', position_ + 1);
    if (close == std::string_view::npos || close + 1 - position_ < 3) {
      good_index_ = false;
      position_ += close == std::string_view::npos ? 1 : close + 1 - position_;
      return false;
    }
    ++position_;
    const std::optional<int> number = read_number();
    const bool whole = number && position_ == close;
    position_ = close + 1;
    if (whole && *number >= 1 && static_cast<std::size_t>(*number) <= arguments_.size()) {
      next_ = static_cast<std::size_t>(*number) - 1;
      return true;
    }
    good_index_ = false;
    return whole;
  }

  std::optional<int> read_number() {
    std::optional<int> number;
    while (position_ < format_.size() && format_[position_] >= '0' && format_[position_] <= '9') {
      if (number.value_or(0) > largest_width) {
        position_ = format_.size();  // as Go: a number like that ends the format
        return std::nullopt;
      }
      number = number.value_or(0) * 10 + (format_[position_++] - '0');
    }
    return number;
  }

  // The next argument as a width or a precision.
  std::optional<int> take_integer() {
    if (next_ >= arguments_.size()) {
      return std::nullopt;
    }
    const auto* const integer = arguments_[next_++].as<Integer>();
    if (integer == nullptr || (integer->is_unsigned() && integer->value < 0) || integer->value > largest_width ||
        integer->value < -largest_width) {
      return std::nullopt;
    }
    return static_cast<int>(integer->value);
  }

  void report_extra() {
    if (reordered_ || next_ >= arguments_.size()) {
      return;
    }
    printer_.flags = {};
    printer_.append("%!(EXTRA ");
    for (std::size_t i = next_; i < arguments_.size(); ++i) {
      printer_.append(i == next_ ? "" : ", ");
      if (!arguments_[i].is_nothing()) {
        printer_.append(type_name(arguments_[i]) + "=");
      }
      printer_.print(arguments_[i], U'v');
    }
    printer_.append(")");
  }

  std::string_view format_;
  std::span<const Value> arguments_;
  GoPrinter printer_;
  std::size_t position_ = 0;
  std::size_t next_ = 0;
  bool reordered_ = false;
  bool good_index_ = true;
};

}  // namespace

std::string go_sprint(std::span<const Value> arguments, TemplateBudget& budget) {
  GoPrinter printer(budget);
  bool after_text = true;
  for (const Value& argument : arguments) {
    const bool text = argument.as<TextValue>() != nullptr;
    if (!text && !after_text) {
      printer.append(" ");
    }
    printer.print(argument, U'v');
    after_text = text;
  }
  return printer.take();
}

std::string go_sprintln(std::span<const Value> arguments, TemplateBudget& budget) {
  GoPrinter printer(budget);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    printer.append(i == 0 ? "" : " ");
    printer.print(arguments[i], U'v');
  }
  printer.append("\n");
  return printer.take();
}

std::string go_sprintf(std::string_view format, std::span<const Value> arguments, TemplateBudget& budget) {
  return FormatRun(format, arguments, budget).run();
}

}  // namespace nacre::cli
