#include "oci/json.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "base/error.h"
#include "oci/shown.h"

namespace nacre::oci {
namespace {

Error corrupt(std::string message) {
  return {Code::corrupt, std::move(message)};
}

Error wrong_type(std::string_view name, std::string_view expected, const Json& value) {
  return corrupt(fmt::format("field '{}': expected {}, found {}", name, expected, value.type_name()));
}

// Bounds what the parser may build, before it builds anything. The scan knows only strings and brackets; up to the
// first syntax error it agrees with the parser on what they are, and the parser goes no further than that.
void check_bounds(std::string_view text) {
  if (text.size() > max_json_size) {
    throw corrupt(fmt::format("read JSON: document of {} bytes, more than the {} allowed", text.size(), max_json_size));
  }
  int depth = 0;
  std::size_t values = 1;
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      at += c == '\\' ? 1 : 0;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++values;
      if (++depth > max_json_depth) {
        throw corrupt(fmt::format("read JSON: nested more than {} deep at byte {}", max_json_depth, at + 1));
      }
    } else if (c == '}' || c == ']') {
      --depth;
    } else if (c == ',') {
      ++values;
    }
    if (values > max_json_values) {
      throw corrupt(fmt::format("read JSON: more than {} values at byte {}", max_json_values, at + 1));
    }
  }
}

// The parser's words without its own prefix and without the token it quotes, which may be of any size and content:
// "line 1, column 8: syntax error while parsing value - invalid literal".
std::string cause_of(const Json::exception& error) {
  std::string_view text = error.what();
  if (const std::size_t end = text.find("] "); end != std::string_view::npos) {
    text.remove_prefix(end + 2);
  }
  if (constexpr std::string_view prefix = "parse error at "; text.starts_with(prefix)) {
    text.remove_prefix(prefix.size());
  }
  return shown(text.substr(0, text.find("; last read")));
}

}  // namespace

Json parse_json(std::string_view text) {
  check_bounds(text);
  try {
    return Json::parse(text);
  } catch (const Json::exception& error) {
    throw corrupt(fmt::format("read JSON: {}", cause_of(error)));
  }
}

const Json* optional_field(const Json& object, std::string_view name) {
  if (!object.is_object()) {
    throw corrupt(fmt::format("field '{}': expected it in an object, found {}", name, object.type_name()));
  }
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

namespace {

const Json& required_field(const Json& object, std::string_view name) {
  const Json* value = optional_field(object, name);
  if (value == nullptr) {
    throw corrupt(fmt::format("field '{}': missing", name));
  }
  return *value;
}

}  // namespace

std::optional<std::string> optional_string(const Json& object, std::string_view name) {
  const Json* value = optional_field(object, name);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (!value->is_string()) {
    throw wrong_type(name, "a string", *value);
  }
  return value->get<std::string>();
}

std::string string_field(const Json& object, std::string_view name) {
  required_field(object, name);
  return *optional_string(object, name);
}

std::int64_t integer_field(const Json& object, std::string_view name) {
  const Json* value = optional_field(object, name);
  if (value == nullptr) {
    return 0;
  }
  if (!value->is_number_integer()) {
    throw wrong_type(name, "an integer", *value);
  }
  constexpr auto max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (value->is_number_unsigned() && value->get<std::uint64_t>() > max) {
    throw corrupt(fmt::format("field '{}': {} is too large", name, value->get<std::uint64_t>()));
  }
  return value->get<std::int64_t>();
}

std::uint64_t size_field(const Json& object, std::string_view name) {
  required_field(object, name);
  const std::int64_t value = integer_field(object, name);
  if (value < 0) {
    throw corrupt(fmt::format("field '{}': {} is negative", name, value));
  }
  return static_cast<std::uint64_t>(value);
}

bool flag_field(const Json& object, std::string_view name) {
  const Json* value = optional_field(object, name);
  if (value == nullptr) {
    return false;
  }
  if (!value->is_boolean()) {
    throw wrong_type(name, "a boolean", *value);
  }
  return value->get<bool>();
}

Digest digest_field(const Json& object, std::string_view name) {
  const std::string text = string_field(object, name);
  try {
    return Digest::parse(text);
  } catch (const Error& error) {
    throw corrupt(fmt::format("field '{}': {}", name, error.message()));
  }
}

std::vector<std::string> string_list(const Json& object, std::string_view name) {
  std::vector<std::string> list;
  const Json* value = optional_field(object, name);
  if (value == nullptr) {
    return list;
  }
  if (!value->is_array()) {
    throw wrong_type(name, "an array of strings", *value);
  }
  list.reserve(value->size());
  for (const Json& item : *value) {
    if (!item.is_string()) {
      throw wrong_type(fmt::format("{}[{}]", name, list.size()), "a string", item);
    }
    list.push_back(item.get<std::string>());
  }
  return list;
}

std::map<std::string, std::string> string_map(const Json& object, std::string_view name) {
  std::map<std::string, std::string> map;
  const Json* value = optional_field(object, name);
  if (value == nullptr) {
    return map;
  }
  if (!value->is_object()) {
    throw wrong_type(name, "an object of strings", *value);
  }
  for (const auto& [key, item] : value->items()) {
    if (!item.is_string() && !item.is_null()) {
      throw wrong_type(fmt::format("{}.{}", name, shown(key)), "a string", item);
    }
    map.emplace(key, item.is_null() ? std::string() : item.get<std::string>());
  }
  return map;
}

std::vector<std::string> key_set(const Json& object, std::string_view name) {
  std::vector<std::string> keys;
  const Json* value = optional_field(object, name);
  if (value == nullptr) {
    return keys;
  }
  if (!value->is_object()) {
    throw wrong_type(name, "an object", *value);
  }
  for (const auto& [key, item] : value->items()) {
    keys.push_back(key);
  }
  return keys;
}

const Json& as_object(const Json& value, std::string_view what) {
  if (!value.is_object()) {
    throw corrupt(fmt::format("{}: expected an object, found {}", what, value.type_name()));
  }
  return value;
}

const Json& as_array(const Json& value, std::string_view what) {
  if (!value.is_array()) {
    throw corrupt(fmt::format("{}: expected an array, found {}", what, value.type_name()));
  }
  return value;
}

}  // namespace nacre::oci
