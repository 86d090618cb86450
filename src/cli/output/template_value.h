// A value of a running template: a piece of the JSON data, or what a function made of it, with the Go type it stands
// for. Copying is cheap; the data must outlive the values.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "cli/output/shape.h"
#include "oci/json.h"

namespace nacre::cli {

using Json = oci::OrderedJson;

// Go's zero reflect.Value: what a map has under a key that it lacks. Prints as "<no value>".
struct Missing {};
// nil of no particular type, as JSON's null without a shape.
struct Nil {};

enum class IntegerType { int_, int64, uint8, uint64 };
struct Integer {
  std::int64_t value;  // the bits, for the unsigned types
  IntegerType type;

  bool is_unsigned() const { return type == IntegerType::uint8 || type == IntegerType::uint64; }
  std::uint64_t bits() const { return static_cast<std::uint64_t>(value); }
};

struct TextValue {
  std::string_view view;
  std::shared_ptr<const void> owner;  // of a text that is not part of the data
};

struct ListValue {
  std::span<const Json> items;
  const Shape* element = nullptr;  // nullptr: see element_shape()
  bool nil = false;
  std::shared_ptr<const void> owner;  // of a list that is not part of the data; such lists hold texts only
};

struct MapValue {
  const Json* object = nullptr;  // nullptr: a nil map
  const Shape* shape = nullptr;  // nullptr: a map of whatever its values suggest
};

struct StructValue {
  const Json* object = nullptr;  // nullptr: all fields zero
  const Shape* shape;
};

struct NilPointer {
  const Shape* shape;
};

struct Value {
  using Data =
      std::variant<Missing, Nil, bool, Integer, double, TextValue, ListValue, MapValue, StructValue, NilPointer>;

  Data data;
  // Just taken out of a list or map of interface{}, which is how messages then name its type. Pipelines unpack it.
  bool boxed = false;

  template <class T>
  const T* as() const {
    return std::get_if<T>(&data);
  }
  // nil as an argument: missing, or nil of no type.
  bool is_nothing() const { return as<Missing>() != nullptr || as<Nil>() != nullptr; }
};

// A piece of data. shape nullptr: what the JSON suggests (strings only is []string or map[string]string, {} only is
// map[string]struct {}, numbers are int64, uint64 or float64).
Value make_value(const Json& json, const Shape* shape = nullptr);
Value make_text(std::string text);
Value make_int(std::int64_t value);

// Go's name of the value's type; static_type_name() of the place it was taken from.
std::string type_name(const Value& value);
std::string static_type_name(const Value& value);

bool is_true(const Value& value);

// What the elements are; nullptr: interface{}. Where no shape says, they are texts if all are texts (an empty list
// counts as one of texts), and empty structures if a map has nothing else. Reads the whole container in the worst case.
const Shape* element_shape(const ListValue& list);
const Shape* element_shape(const MapValue& map);
// An element of a container with such elements, and the zero value of one.
Value element_value(const Json& json, const Shape* element);
// The same, sharing the list's owner. element: what element_shape() said.
Value list_item(const ListValue& list, std::size_t index, const Shape* element);
Value zero_element(const Shape* element);

// nullptr without such a key.
const Json* find_entry(const MapValue& map, std::string_view key);
// All entries in the order of their keys, as Go walks maps.
std::vector<std::pair<std::string_view, const Json*>> sorted_entries(const MapValue& map);
std::size_t map_size(const MapValue& map);

// A structure's field; Missing if its type lacks it and the data too.
Value struct_field(const StructValue& structure, std::string_view name);

}  // namespace nacre::cli
