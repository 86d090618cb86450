#include "registry/toml_document.h"

#include <algorithm>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "base/error.h"
#include "oci/shown.h"

namespace nacre::registry {

namespace {

constexpr std::uint64_t max_file_size = 1024 * 1024;

oci::OrderedJson json_of(const toml::node& node);

oci::OrderedJson json_of_table(const toml::table& table) {
  std::vector<std::pair<toml::source_position, std::string>> keys;
  for (const auto& [key, value] : table) {
    keys.emplace_back(key.source().begin, std::string(key.str()));
  }
  std::ranges::sort(keys, [](const auto& a, const auto& b) {
    return std::pair(a.first.line, a.first.column) < std::pair(b.first.line, b.first.column);
  });
  oci::OrderedJson json = oci::OrderedJson::object();
  for (const auto& [position, key] : keys) {
    json[key] = json_of(*table.get(key));
  }
  return json;
}

oci::OrderedJson json_of(const toml::node& node) {
  if (const auto* const table = node.as_table()) {
    return json_of_table(*table);
  }
  if (const auto* const array = node.as_array()) {
    oci::OrderedJson json = oci::OrderedJson::array();
    for (const auto& each : *array) {
      json.push_back(json_of(each));
    }
    return json;
  }
  if (const auto text = node.value_exact<std::string>()) {
    return *text;
  }
  if (const auto flag = node.value_exact<bool>()) {
    return *flag;
  }
  if (const auto number = node.value_exact<std::int64_t>()) {
    return *number;
  }
  return nullptr;  // dates and fractions: nothing that is read here has any
}

}  // namespace

oci::OrderedJson read_toml(const fs::path& path) {
  if (!path_exists(path)) {
    return oci::OrderedJson::object();
  }
  const std::string text = read_file(path, max_file_size);
  try {
    return json_of_table(toml::parse(text));
  } catch (const toml::parse_error& error) {
    throw Error(Code::corrupt,
                fmt::format("{}:{}: {}", path.native(), error.source().begin.line, oci::shown(error.description())));
  }
}

}  // namespace nacre::registry
