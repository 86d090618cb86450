#include "cli/output/template_value.h"

#include <algorithm>
#include <utility>

namespace nacre::cli {
namespace {

using Type = Json::value_t;

bool is_empty_object(const Json& json) {
  return json.is_object() && json.empty();
}

Value zero_value(const Shape* shape) {
  if (shape == nullptr) {
    return {Nil{}};
  }
  switch (shape->kind) {
    case Shape::Kind::any:
      return {Nil{}};
    case Shape::Kind::text:
      return {TextValue{}};
    case Shape::Kind::boolean:
      return {false};
    case Shape::Kind::integer:
      return {Integer{0, IntegerType::int64}};
    case Shape::Kind::list:
      return {ListValue{.items = {}, .element = shape->element, .nil = true, .owner = {}}};
    case Shape::Kind::map:
      return {MapValue{nullptr, shape}};
    case Shape::Kind::structure:
      return {StructValue{nullptr, shape}};
    case Shape::Kind::pointer:
      return {NilPointer{shape}};
  }
  return {Nil{}};
}

Value make_object(const Json& json, const Shape* shape) {
  if (shape != nullptr && shape->kind == Shape::Kind::structure) {
    return {StructValue{&json, shape}};
  }
  const bool map = shape != nullptr && shape->kind == Shape::Kind::map;
  return {MapValue{&json, map ? shape : nullptr}};
}

Value make_list(const Json& json, const Shape* shape) {
  const auto& items = json.get_ref<const Json::array_t&>();
  const bool list = shape != nullptr && shape->kind == Shape::Kind::list;
  return {ListValue{.items = items, .element = list ? shape->element : nullptr, .nil = false, .owner = {}}};
}

bool all_texts(std::span<const Json> items) {
  return std::ranges::all_of(items, [](const Json& item) { return item.is_string(); });
}

struct TypeName {
  std::string operator()(const Missing&) const { return "<nil>"; }
  std::string operator()(const Nil&) const { return "interface {}"; }
  std::string operator()(bool) const { return "bool"; }
  std::string operator()(double) const { return "float64"; }
  std::string operator()(const TextValue&) const { return "string"; }
  std::string operator()(const NilPointer& pointer) const { return std::string(pointer.shape->type_name); }
  std::string operator()(const StructValue& structure) const { return std::string(structure.shape->type_name); }
  std::string operator()(const Integer& integer) const {
    switch (integer.type) {
      case IntegerType::int_:
        return "int";
      case IntegerType::int64:
        return "int64";
      case IntegerType::uint8:
        return "uint8";
      case IntegerType::uint64:
        return "uint64";
    }
    return "int";
  }
  std::string operator()(const ListValue& list) const { return "[]" + element_name(element_shape(list)); }
  std::string operator()(const MapValue& map) const { return "map[string]" + element_name(element_shape(map)); }

  static std::string element_name(const Shape* shape) {
    return std::string(shape == nullptr ? shapes::any.type_name : shape->type_name);
  }
};

struct Truth {
  bool operator()(const Missing&) const { return false; }
  bool operator()(const Nil&) const { return false; }
  bool operator()(bool value) const { return value; }
  bool operator()(double value) const { return value != 0; }
  bool operator()(const Integer& integer) const { return integer.value != 0; }
  bool operator()(const TextValue& text) const { return !text.view.empty(); }
  bool operator()(const ListValue& list) const { return !list.items.empty(); }
  bool operator()(const MapValue& map) const { return map_size(map) != 0; }
  bool operator()(const StructValue&) const { return true; }
  bool operator()(const NilPointer&) const { return false; }
};

}  // namespace

Value make_value(const Json& json, const Shape* shape) {
  if (shape != nullptr && shape->kind == Shape::Kind::pointer && !json.is_null()) {
    return make_value(json, shape->element);
  }
  switch (json.type()) {
    case Type::null:
      return zero_value(shape);
    case Type::boolean:
      return {json.get<bool>()};
    case Type::string:
      return {TextValue{json.get_ref<const std::string&>(), {}}};
    case Type::number_integer:
      return {Integer{json.get<std::int64_t>(), IntegerType::int64}};
    case Type::number_unsigned: {
      const auto bits = static_cast<std::int64_t>(json.get<std::uint64_t>());
      return {Integer{bits, bits < 0 ? IntegerType::uint64 : IntegerType::int64}};
    }
    case Type::number_float:
      return {json.get<double>()};
    case Type::array:
      return make_list(json, shape);
    case Type::object:
      return make_object(json, shape);
    case Type::binary:
    case Type::discarded:
      break;
  }
  return {Nil{}};
}

Value make_text(std::string text) {
  auto owner = std::make_shared<const std::string>(std::move(text));
  const std::string_view view = *owner;
  return {TextValue{view, std::move(owner)}};
}

Value make_int(std::int64_t value) {
  return {Integer{value, IntegerType::int_}};
}

std::string type_name(const Value& value) {
  return std::visit(TypeName{}, value.data);
}

std::string static_type_name(const Value& value) {
  return value.boxed ? std::string(shapes::any.type_name) : type_name(value);
}

bool is_true(const Value& value) {
  return std::visit(Truth{}, value.data);
}

const Shape* element_shape(const ListValue& list) {
  if (list.element != nullptr) {
    return list.element;
  }
  return all_texts(list.items) ? &shapes::text : nullptr;
}

const Shape* element_shape(const MapValue& map) {
  if (map.shape != nullptr) {
    return map.shape->element;
  }
  if (map_size(map) == 0) {
    return nullptr;
  }
  if (std::ranges::all_of(*map.object, [](const Json& item) { return item.is_string(); })) {
    return &shapes::text;
  }
  return std::ranges::all_of(*map.object, is_empty_object) ? &shapes::empty : nullptr;
}

const Json* find_entry(const MapValue& map, std::string_view key) {
  if (map.object == nullptr) {
    return nullptr;
  }
  const auto& entries = map.object->get_ref<const Json::object_t&>();
  const auto found = std::ranges::find_if(entries, [&](const auto& entry) { return entry.first == key; });
  return found == entries.end() ? nullptr : &found->second;
}

Value element_value(const Json& json, const Shape* element) {
  Value value = make_value(json, element);
  value.boxed = element == nullptr || element->kind == Shape::Kind::any;
  return value;
}

Value list_item(const ListValue& list, std::size_t index, const Shape* element) {
  Value value = element_value(list.items[index], element);
  if (auto* text = std::get_if<TextValue>(&value.data)) {
    text->owner = list.owner;
  }
  return value;
}

Value zero_element(const Shape* element) {
  Value value = zero_value(element);
  value.boxed = element == nullptr || element->kind == Shape::Kind::any;
  return value;
}

std::vector<std::pair<std::string_view, const Json*>> sorted_entries(const MapValue& map) {
  std::vector<std::pair<std::string_view, const Json*>> entries;
  if (map.object != nullptr) {
    for (const auto& [key, entry] : map.object->get_ref<const Json::object_t&>()) {
      entries.emplace_back(key, &entry);
    }
    std::ranges::sort(entries, [](const auto& a, const auto& b) { return a.first < b.first; });
  }
  return entries;
}

std::size_t map_size(const MapValue& map) {
  return map.object == nullptr ? 0 : map.object->size();
}

Value struct_field(const StructValue& structure, std::string_view name) {
  const auto& fields = structure.shape->fields;
  const auto found = std::ranges::find_if(fields, [&](const auto& field) { return field.name == name; });
  const std::string_view key = found == fields.end() ? name : found->key;
  const Shape* shape = found == fields.end() ? nullptr : found->shape;
  if (const Json* entry = find_entry({structure.object, nullptr}, key)) {
    return make_value(*entry, shape);
  }
  return found == fields.end() ? Value{Missing{}} : zero_value(shape);
}

}  // namespace nacre::cli
