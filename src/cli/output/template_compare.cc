// eq, ne, lt, le, gt and ge: Go's rules for what compares with what.
#include <array>
#include <string>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/output/go_print.h"
#include "cli/output/template_functions.h"

namespace nacre::cli {
namespace {

enum class BasicKind { none, boolean, integer, unsigned_integer, floating, text };

BasicKind basic_kind(const Value& value) {
  if (value.as<bool>() != nullptr) {
    return BasicKind::boolean;
  }
  if (const auto* integer = value.as<Integer>()) {
    return integer->is_unsigned() ? BasicKind::unsigned_integer : BasicKind::integer;
  }
  if (value.as<double>() != nullptr) {
    return BasicKind::floating;
  }
  return value.as<TextValue>() != nullptr ? BasicKind::text : BasicKind::none;
}

bool is_integer(BasicKind kind) {
  return kind == BasicKind::integer || kind == BasicKind::unsigned_integer;
}

[[noreturn]] void fail(const std::string& message) {
  throw Error(Code::invalid_argument, message);
}

bool is_nil(const Value& value) {
  const auto* const list = value.as<ListValue>();
  const auto* const map = value.as<MapValue>();
  return value.is_nothing() || value.as<NilPointer>() != nullptr || (list != nullptr && list->nil) ||
         (map != nullptr && map->object == nullptr);
}

std::string shown(const Value& value, TemplateBudget& budget) {
  return go_sprintf("%s", std::array{value}, budget);
}

// Two values that are neither numbers, texts nor booleans: nil compares with anything, an empty structure with its
// like.
bool equal_others(const Value& a, const Value& b, TemplateBudget& budget) {
  const bool same_kind = a.data.index() == b.data.index() || a.is_nothing() || b.is_nothing();
  if (!same_kind) {
    fail(fmt::format("non-comparable types {}: {}, {}: {}", shown(a, budget), type_name(a), type_name(b),
                     shown(b, budget)));
  }
  if (is_nil(a) || is_nil(b)) {
    return is_nil(a) == is_nil(b);
  }
  const auto* const structure = b.as<StructValue>();
  if (structure == nullptr || !structure->shape->fields.empty()) {
    fail(fmt::format("non-comparable type {}: {}", shown(b, budget), type_name(b)));
  }
  return true;
}

bool integers_equal(const Integer& a, const Integer& b) {
  const bool same_sign = a.is_unsigned() == b.is_unsigned() || (a.value >= 0 && b.value >= 0);
  return same_sign && a.value == b.value;
}

bool integer_less(const Integer& a, const Integer& b) {
  if (a.is_unsigned() && b.is_unsigned()) {
    return a.bits() < b.bits();
  }
  if (a.is_unsigned()) {
    return b.value >= 0 && a.bits() < b.bits();
  }
  return b.is_unsigned() ? a.value < 0 || a.bits() < b.bits() : a.value < b.value;
}

bool equal(const Value& a, const Value& b, TemplateBudget& budget) {
  const BasicKind kind = basic_kind(a);
  const BasicKind other = basic_kind(b);
  if (is_integer(kind) && is_integer(other)) {
    return integers_equal(*a.as<Integer>(), *b.as<Integer>());
  }
  if (kind != other) {
    if (!a.is_nothing() && !b.is_nothing()) {
      fail("incompatible types for comparison");
    }
    return false;
  }
  switch (kind) {
    case BasicKind::boolean:
      return *a.as<bool>() == *b.as<bool>();
    case BasicKind::floating:
      return *a.as<double>() == *b.as<double>();
    case BasicKind::text:
      budget.spend_steps(b.as<TextValue>()->view.size() / 64);
      return a.as<TextValue>()->view == b.as<TextValue>()->view;
    case BasicKind::integer:
    case BasicKind::unsigned_integer:
    case BasicKind::none:
      break;
  }
  return equal_others(a, b, budget);
}

bool less(const Value& a, const Value& b) {
  const BasicKind kind = basic_kind(a);
  const BasicKind other = basic_kind(b);
  if (kind == BasicKind::none || other == BasicKind::none) {
    fail("invalid type for comparison");
  }
  if (is_integer(kind) && is_integer(other)) {
    return integer_less(*a.as<Integer>(), *b.as<Integer>());
  }
  if (kind != other) {
    fail("incompatible types for comparison");
  }
  if (kind == BasicKind::boolean) {
    fail("invalid type for comparison");
  }
  return kind == BasicKind::floating ? *a.as<double>() < *b.as<double>()
                                     : a.as<TextValue>()->view < b.as<TextValue>()->view;
}

bool less_or_equal(const FunctionCall& call) {
  const Value& a = call.arguments[0];
  const Value& b = call.arguments[1];
  return less(a, b) || equal(a, b, call.budget);
}

}  // namespace

// True if the first argument equals any of the others.
Value template_eq(const FunctionCall& call) {
  if (call.arguments.size() < 2) {
    fail("missing argument for comparison");
  }
  for (const Value& other : call.arguments.subspan(1)) {
    if (equal(call.arguments[0], other, call.budget)) {
      return {true};
    }
  }
  return {false};
}

Value template_ne(const FunctionCall& call) {
  return {!equal(call.arguments[0], call.arguments[1], call.budget)};
}

Value template_lt(const FunctionCall& call) {
  return {less(call.arguments[0], call.arguments[1])};
}

Value template_le(const FunctionCall& call) {
  return {less_or_equal(call)};
}

Value template_gt(const FunctionCall& call) {
  return {!less_or_equal(call)};
}

Value template_ge(const FunctionCall& call) {
  return {!less(call.arguments[0], call.arguments[1])};
}

}  // namespace nacre::cli
