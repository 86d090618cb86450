// index, slice and len.
#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/output/template_functions.h"

namespace nacre::cli {
namespace {

[[noreturn]] void fail(const std::string& message) {
  throw Error(Code::invalid_argument, message);
}

// An index into something of this size; the size itself is let through, as in Go.
std::size_t index_argument(const Value& index, std::size_t size) {
  if (index.is_nothing()) {
    fail("cannot index slice/array with nil");
  }
  const auto* const integer = index.as<Integer>();
  if (integer == nullptr) {
    fail(fmt::format("cannot index slice/array with type {}", type_name(index)));
  }
  if (integer->value < 0 || integer->bits() > size) {
    fail(fmt::format("index out of range: {}", integer->value));
  }
  return static_cast<std::size_t>(integer->value);
}

Value index_map(const MapValue& map, const Value& key, TemplateBudget& budget) {
  if (key.is_nothing()) {
    fail("value is nil; should be of type string");
  }
  const auto* const name = key.as<TextValue>();
  if (name == nullptr) {
    fail(fmt::format("value has type {}; should be string", type_name(key)));
  }
  budget.spend_steps(map_size(map) / 16);
  const Shape* const element = element_shape(map);
  const Json* const entry = find_entry(map, name->view);
  return entry == nullptr ? zero_element(element) : element_value(*entry, element);
}

Value index_one(const Value& item, const Value& index, TemplateBudget& budget) {
  if (const auto* map = item.as<MapValue>()) {
    return index_map(*map, index, budget);
  }
  if (const auto* list = item.as<ListValue>()) {
    const std::size_t at = index_argument(index, list->items.size());
    if (at == list->items.size()) {
      fail("reflect: slice index out of range");
    }
    budget.spend_steps(list->items.size() / 16);
    return list_item(*list, at, element_shape(*list));
  }
  if (const auto* text = item.as<TextValue>()) {
    const std::size_t at = index_argument(index, text->view.size());
    if (at == text->view.size()) {
      fail("reflect: string index out of range");
    }
    return {Integer{static_cast<unsigned char>(text->view[at]), IntegerType::uint8}};
  }
  if (item.is_nothing() || item.as<NilPointer>() != nullptr) {
    fail("index of nil pointer");
  }
  fail(fmt::format("can't index item of type {}", type_name(item)));
}

ListValue part_of(const ListValue& list, std::size_t from, std::size_t to) {
  ListValue part = list;
  part.element = element_shape(list);
  part.items = list.items.subspan(from, to - from);
  return part;
}

}  // namespace

Value template_index(const FunctionCall& call) {
  Value item = call.arguments[0];
  if (item.is_nothing()) {
    fail("index of untyped nil");
  }
  for (const Value& index : call.arguments.subspan(1)) {
    item = index_one(item, index, call.budget);
  }
  return item;
}

Value template_slice(const FunctionCall& call) {
  const Value& item = call.arguments[0];
  const auto indexes = call.arguments.subspan(1);
  if (item.is_nothing()) {
    fail("slice of untyped nil");
  }
  if (indexes.size() > 3) {
    fail(fmt::format("too many slice indexes: {}", indexes.size()));
  }
  const auto* const text = item.as<TextValue>();
  const auto* const list = item.as<ListValue>();
  if (text != nullptr && indexes.size() == 3) {
    fail("cannot 3-index slice a string");
  }
  if (text == nullptr && list == nullptr) {
    fail(fmt::format("can't slice item of type {}", type_name(item)));
  }
  const std::size_t size = text != nullptr ? text->view.size() : list->items.size();
  std::size_t bounds[3] = {0, size, size};
  for (std::size_t i = 0; i < indexes.size(); ++i) {
    bounds[i] = index_argument(indexes[i], size);
  }
  for (std::size_t i = 1; i < std::max<std::size_t>(indexes.size(), 2); ++i) {
    if (bounds[i - 1] > bounds[i]) {
      fail(fmt::format("invalid slice index: {} > {}", bounds[i - 1], bounds[i]));
    }
  }
  if (list != nullptr) {
    call.budget.spend_steps(size / 16);
    return {part_of(*list, bounds[0], bounds[1])};
  }
  return {TextValue{text->view.substr(bounds[0], bounds[1] - bounds[0]), text->owner}};
}

Value template_length(const FunctionCall& call) {
  const Value& item = call.arguments[0];
  if (const auto* text = item.as<TextValue>()) {
    return make_int(static_cast<std::int64_t>(text->view.size()));
  }
  if (const auto* list = item.as<ListValue>()) {
    return make_int(static_cast<std::int64_t>(list->items.size()));
  }
  if (const auto* map = item.as<MapValue>()) {
    return make_int(static_cast<std::int64_t>(map_size(*map)));
  }
  if (item.as<Missing>() != nullptr) {
    fail("reflect: call of reflect.Value.Type on zero Value");
  }
  if (item.as<Nil>() != nullptr || item.as<NilPointer>() != nullptr) {
    fail("len of nil pointer");
  }
  fail(fmt::format("len of type {}", type_name(item)));
}

}  // namespace nacre::cli
