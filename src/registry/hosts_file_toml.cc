// The one place that knows toml++, which takes long to compile.
#include <algorithm>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "base/error.h"
#include "oci/shown.h"
#include "registry/hosts_file.h"

namespace nacre::registry {

namespace {

ConfigValue value_of(const toml::node& node);

// toml++ sorts a table's keys; the order of mirrors is the order in which they are asked.
ConfigValue table_of(const toml::table& table) {
  struct Entry {
    toml::source_position place;
    std::string_view key;
    const toml::node* node;
  };
  std::vector<Entry> entries;
  for (const auto& [key, node] : table) {
    entries.push_back({key.source().begin, key.str(), &node});
  }
  std::ranges::sort(entries, {}, [](const Entry& each) { return std::pair(each.place.line, each.place.column); });
  ConfigValue value{.kind = ConfigValue::Kind::table};
  for (const auto& [place, key, node] : entries) {
    value.keys.emplace_back(key);
    value.items.push_back(value_of(*node));
    value.items.back().line = place.line;
  }
  return value;
}

ConfigValue value_of(const toml::node& node) {
  ConfigValue value;
  if (const auto* const table = node.as_table()) {
    value = table_of(*table);
  } else if (const auto* const array = node.as_array()) {
    value.kind = ConfigValue::Kind::list;
    for (const auto& each : *array) {
      value.items.push_back(value_of(each));
    }
  } else if (auto text = node.value_exact<std::string>()) {
    value.kind = ConfigValue::Kind::text;
    value.text = std::move(*text);
  } else if (const auto flag = node.value_exact<bool>()) {
    value.kind = ConfigValue::Kind::flag;
    value.flag = *flag;
  } else if (const auto number = node.value_exact<std::int64_t>()) {
    value.kind = ConfigValue::Kind::number;
    value.number = *number;
  }
  value.line = node.source().begin.line;
  return value;
}

}  // namespace

std::optional<ConfigValue> read_toml_file(const fs::path& file, Unreadable unreadable) {
  const auto text = read_if_there(file, unreadable);
  if (!text) {
    return std::nullopt;
  }
  try {
    return table_of(toml::parse(*text));
  } catch (const toml::parse_error& error) {
    throw Error(Code::corrupt,
                fmt::format("{}:{}: {}", file.native(), error.source().begin.line, oci::shown(error.description())));
  }
}

}  // namespace nacre::registry
