#include "registry/settings.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "oci/shown.h"

namespace nacre::registry {

namespace {

// How many letters two words differ in (Levenshtein's distance).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row[b.size()];
}

}  // namespace

void Settings::fail(std::string_view key, std::string_view cause) const {
  throw Error(Code::corrupt, fmt::format("{}: {}: {}", file_.native(), oci::shown(key), cause));
}

const oci::OrderedJson* Settings::find(const char* key) const {
  const auto found = table_.find(key);
  return found == table_.end() ? nullptr : &*found;
}

std::string Settings::text(const char* key) const {
  const auto* const value = find(key);
  if (value == nullptr) {
    return {};
  }
  if (!value->is_string()) {
    fail(key, "expected a string");
  }
  return value->get<std::string>();
}

std::optional<bool> Settings::flag(const char* key) const {
  const auto* const value = find(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (!value->is_boolean()) {
    fail(key, "expected true or false");
  }
  return value->get<bool>();
}

std::vector<std::string> Settings::texts(const char* key) const {
  const auto* const value = find(key);
  if (value == nullptr) {
    return {};
  }
  if (value->is_string()) {
    return {value->get<std::string>()};
  }
  const bool is_list =
      value->is_array() && std::ranges::all_of(*value, [](const auto& each) { return each.is_string(); });
  if (!is_list) {
    fail(key, "expected a list of strings");
  }
  return value->get<std::vector<std::string>>();
}

std::vector<Settings> Settings::tables(const char* key) const {
  const auto* const value = find(key);
  if (value == nullptr) {
    return {};
  }
  const bool is_list =
      value->is_array() && std::ranges::all_of(*value, [](const auto& each) { return each.is_object(); });
  if (!is_list) {
    fail(key, fmt::format("expected tables, as [[{}]] makes them", key));
  }
  std::vector<Settings> tables;
  for (const auto& each : *value) {
    tables.emplace_back(file_, each);
  }
  return tables;
}

void Settings::allow_only(std::initializer_list<const char*> keys) const {
  for (const auto& [key, value] : table_.items()) {
    if (std::ranges::find(keys, key) != keys.end()) {
      continue;
    }
    const auto* const nearest =
        std::ranges::min_element(keys, {}, [&key = key](const char* known) { return distance(known, key); });
    throw Error(Code::invalid_argument, fmt::format("{}: unknown key '{}'; the nearest that is known is '{}'",
                                                    file_.native(), oci::shown(key), *nearest));
  }
}

}  // namespace nacre::registry
