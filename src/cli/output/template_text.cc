// The functions that docker adds: json, split, join, title, lower, upper, pad and truncate.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/output/template_functions.h"
#include "cli/output/unicode.h"
#include "oci/utf8.h"

namespace nacre::cli {
namespace {

[[noreturn]] void fail(const std::string& message) {
  throw Error(Code::invalid_argument, message);
}

std::string_view text_argument(const FunctionCall& call, std::size_t index) {
  return call.arguments[index].as<TextValue>()->view;
}

Value text_result(const FunctionCall& call, std::string text) {
  call.budget.spend_text(text.size());
  return make_text(std::move(text));
}

const Shape* field_shape(const Shape* shape, std::string_view key) {
  if (shape == nullptr || shape->kind != Shape::Kind::structure) {
    return shape != nullptr ? shape->element : nullptr;
  }
  const auto found = std::ranges::find_if(shape->fields, [&](const Shape::Field& field) { return field.key == key; });
  return found == shape->fields.end() ? nullptr : found->shape;
}

// The same document with the keys in the order that Go would write them in.
Json in_go_order(const Json& json, const Shape* shape, KeyOrder order) {
  if (shape != nullptr && shape->kind == Shape::Kind::pointer) {
    shape = shape->element;
  }
  if (json.is_array()) {
    Json result = Json::array();
    for (const Json& item : json) {
      result.push_back(in_go_order(item, shape != nullptr ? shape->element : nullptr, order));
    }
    return result;
  }
  if (!json.is_object()) {
    return json;
  }
  std::vector<const Json::object_t::value_type*> entries;
  for (const auto& entry : json.get_ref<const Json::object_t&>()) {
    entries.push_back(&entry);
  }
  if (order == KeyOrder::sorted || (shape != nullptr && shape->kind == Shape::Kind::map)) {
    std::ranges::sort(entries, [](const auto* a, const auto* b) { return a->first < b->first; });
  }
  Json result = Json::object();
  auto& ordered = result.get_ref<Json::object_t&>();
  for (const auto* entry : entries) {
    // Keys are unique already, and insertion by key would look through all of them each time.
    ordered.emplace_back(entry->first, in_go_order(entry->second, field_shape(shape, entry->first), order));
  }
  return result;
}

// A value as JSON again.
struct ToJson {
  KeyOrder order;

  Json operator()(const Missing&) const { return nullptr; }
  Json operator()(const Nil&) const { return nullptr; }
  Json operator()(const NilPointer&) const { return nullptr; }
  Json operator()(bool value) const { return value; }
  Json operator()(double value) const { return value; }
  Json operator()(const TextValue& text) const { return text.view; }
  Json operator()(const Integer& integer) const {
    return integer.is_unsigned() ? Json(integer.bits()) : Json(integer.value);
  }
  Json operator()(const ListValue& list) const {
    if (list.nil) {
      return nullptr;
    }
    Json result = Json::array();
    for (const Json& item : list.items) {
      result.push_back(in_go_order(item, list.element, order));
    }
    return result;
  }
  Json operator()(const MapValue& map) const {
    return map.object == nullptr ? Json(nullptr) : in_go_order(*map.object, map.shape, order);
  }
  Json operator()(const StructValue& structure) const {
    return structure.object == nullptr ? Json::object() : in_go_order(*structure.object, structure.shape, order);
  }
};

template <char32_t (*change)(char32_t)>
std::string map_characters(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const oci::Utf8Char c = oci::decode_utf8(text);
    append_utf8(result, change(c.value));
    text.remove_prefix(c.length);
  }
  return result;
}

// What ends a word for strings.Title.
bool separates_words(char32_t c) {
  return c < 0x80 ? !is_alphanumeric(c) : !is_alphanumeric(c) && is_space(c);
}

}  // namespace

Value template_json(const FunctionCall& call) {
  const Json json = std::visit(ToJson{call.options.json_keys}, call.arguments[0].data);
  std::string text = oci::to_go_json(json, oci::GoHtml::keep);
  return text_result(call, std::move(text));
}

Value template_split(const FunctionCall& call) {
  std::string_view text = text_argument(call, 0);
  const std::string_view separator = text_argument(call, 1);
  call.budget.spend_text(text.size());
  auto parts = std::make_shared<Json>(Json::array());
  if (separator.empty()) {
    call.budget.spend_steps(text.size());
    while (!text.empty()) {
      const std::size_t length = oci::decode_utf8(text).length;
      parts->push_back(text.substr(0, length));
      text.remove_prefix(length);
    }
  } else {
    for (std::size_t at = text.find(separator); at != std::string_view::npos; at = text.find(separator)) {
      call.budget.spend_steps();
      parts->push_back(text.substr(0, at));
      text.remove_prefix(at + separator.size());
    }
    parts->push_back(text);
  }
  const auto& items = parts->get_ref<const Json::array_t&>();
  return {ListValue{.items = items, .element = &shapes::text, .nil = false, .owner = parts}};
}

Value template_join(const FunctionCall& call) {
  const auto* const list = call.arguments[0].as<ListValue>();
  const std::string_view separator = text_argument(call, 1);
  std::string result;
  for (std::size_t i = 0; list != nullptr && i < list->items.size(); ++i) {
    const auto& item = list->items[i].get_ref<const std::string&>();
    call.budget.check_text(result.size() + separator.size() + item.size());
    result += i == 0 ? "" : separator;
    result += item;
  }
  return text_result(call, std::move(result));
}

Value template_title(const FunctionCall& call) {
  std::string_view text = text_argument(call, 0);
  std::string result;
  bool at_start = true;
  while (!text.empty()) {
    const oci::Utf8Char c = oci::decode_utf8(text);
    append_utf8(result, at_start ? to_upper(c.value) : c.value);
    at_start = separates_words(c.value);
    text.remove_prefix(c.length);
  }
  return text_result(call, std::move(result));
}

Value template_lower(const FunctionCall& call) {
  return text_result(call, map_characters<to_lower>(text_argument(call, 0)));
}

Value template_upper(const FunctionCall& call) {
  return text_result(call, map_characters<to_upper>(text_argument(call, 0)));
}

// Spaces before and after a text, unless it is empty.
Value template_pad(const FunctionCall& call) {
  const std::string_view text = text_argument(call, 0);
  const std::int64_t before = call.arguments[1].as<Integer>()->value;
  const std::int64_t after = call.arguments[2].as<Integer>()->value;
  if (text.empty()) {
    return call.arguments[0];
  }
  if (before < 0 || after < 0) {
    fail("strings: negative Repeat count");
  }
  call.budget.check_text(static_cast<std::uint64_t>(before));
  call.budget.check_text(static_cast<std::uint64_t>(after));
  std::string result(static_cast<std::size_t>(before), ' ');
  result += text;
  result.append(static_cast<std::size_t>(after), ' ');
  return text_result(call, std::move(result));
}

// The first bytes of a text.
Value template_truncate(const FunctionCall& call) {
  const auto* const text = call.arguments[0].as<TextValue>();
  const std::int64_t length = call.arguments[1].as<Integer>()->value;
  if (length < 0) {
    fail(fmt::format("runtime error: slice bounds out of range [:{}]", length));
  }
  return {TextValue{text->view.substr(0, static_cast<std::size_t>(length)), text->owner}};
}

}  // namespace nacre::cli
