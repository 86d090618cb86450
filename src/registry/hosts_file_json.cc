#include <fmt/format.h>

#include "base/error.h"
#include "oci/json.h"
#include "registry/hosts_file.h"

namespace nacre::registry {

namespace {

ConfigValue value_of(const oci::Json& json) {
  ConfigValue value;
  if (json.is_object()) {
    value.kind = ConfigValue::Kind::table;
    for (const auto& [key, item] : json.items()) {
      value.keys.push_back(key);
      value.items.push_back(value_of(item));
    }
  } else if (json.is_array()) {
    value.kind = ConfigValue::Kind::list;
    for (const auto& item : json) {
      value.items.push_back(value_of(item));
    }
  } else if (json.is_string()) {
    value.kind = ConfigValue::Kind::text;
    value.text = json.get<std::string>();
  } else if (json.is_boolean()) {
    value.kind = ConfigValue::Kind::flag;
    value.flag = json.get<bool>();
  }
  return value;
}

}  // namespace

std::optional<ConfigValue> read_json_file(const fs::path& file, Unreadable unreadable) {
  const auto text = read_if_there(file, unreadable);
  if (!text) {
    return std::nullopt;
  }
  return with_context(file.native(), [&] { return value_of(oci::as_object(oci::parse_json(*text), "the file")); });
}

}  // namespace nacre::registry
