#include "registry/hosts_file.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "oci/shown.h"

namespace nacre::registry {

namespace {

bool is_missing(const Error& error, Unreadable unreadable) {
  const bool is_there = error.sys_errno() != ENOENT && error.sys_errno() != ENOTDIR;
  return !is_there || (unreadable == Unreadable::skip && error.code() == Code::permission_denied);
}

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

std::string place(const fs::path& file, unsigned line) {
  return line == 0 ? file.native() : fmt::format("{}:{}", file.native(), line);
}

}  // namespace

std::optional<std::string> read_if_there(const fs::path& file, Unreadable unreadable) {
  try {
    return read_file(file, max_configuration_size);
  } catch (const Error& error) {
    if (is_missing(error, unreadable)) {
      return std::nullopt;
    }
    throw;
  }
}

bool is_readable_folder(const fs::path& folder) {
  try {
    list_directory(folder);
    return true;
  } catch (const Error& error) {
    if (is_missing(error, Unreadable::skip)) {
      return false;
    }
    throw;
  }
}

void ConfigTable::fail(std::string_view key, std::string_view cause) const {
  const auto* const value = find(key);
  const unsigned line = value == nullptr ? value_->line : value->line;
  throw Error(Code::corrupt, fmt::format("{}: {}: {}", place(*file_, line), oci::shown(key), cause));
}

const ConfigValue* ConfigTable::find(std::string_view key) const {
  const auto found = std::ranges::find(value_->keys, key);
  return found == value_->keys.end() ? nullptr : &value_->items[static_cast<std::size_t>(found - value_->keys.begin())];
}

std::string ConfigTable::text(std::string_view key) const {
  const auto* const value = find(key);
  if (value == nullptr) {
    return {};
  }
  if (value->kind != ConfigValue::Kind::text) {
    fail(key, "expected a string");
  }
  return value->text;
}

std::optional<bool> ConfigTable::flag(std::string_view key) const {
  const auto* const value = find(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (value->kind != ConfigValue::Kind::flag) {
    fail(key, "expected true or false");
  }
  return value->flag;
}

std::optional<std::int64_t> ConfigTable::number(std::string_view key) const {
  const auto* const value = find(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (value->kind != ConfigValue::Kind::number) {
    fail(key, "expected a whole number");
  }
  return value->number;
}

std::vector<std::string> ConfigTable::texts(std::string_view key) const {
  const auto* const value = find(key);
  if (value == nullptr) {
    return {};
  }
  if (value->kind == ConfigValue::Kind::text) {
    return {value->text};
  }
  if (value->kind != ConfigValue::Kind::list) {
    fail(key, "expected a list of strings");
  }
  std::vector<std::string> texts;
  for (const auto& item : value->items) {
    if (item.kind != ConfigValue::Kind::text) {
      fail(key, "expected a list of strings");
    }
    texts.push_back(item.text);
  }
  return texts;
}

std::vector<ConfigTable> ConfigTable::tables(std::string_view key) const {
  const auto* const value = find(key);
  if (value == nullptr) {
    return {};
  }
  std::vector<ConfigTable> tables;
  for (const auto& item : value->items) {
    if (item.kind == ConfigValue::Kind::table) {
      tables.emplace_back(*file_, item);
    }
  }
  if (value->kind != ConfigValue::Kind::list || tables.size() != value->items.size()) {
    fail(key, fmt::format("expected tables, as [[{}]] makes them", key));
  }
  return tables;
}

std::optional<ConfigTable> ConfigTable::table(std::string_view key) const {
  const auto* const value = find(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (value->kind != ConfigValue::Kind::table) {
    fail(key, "expected a table");
  }
  return ConfigTable(*file_, *value);
}

void ConfigTable::allow_only(std::initializer_list<std::string_view> keys) const {
  for (const std::string& key : value_->keys) {
    if (std::ranges::find(keys, key) != keys.end()) {
      continue;
    }
    const auto nearest = *std::ranges::min_element(
        keys, {}, [&](std::string_view known) { return distance(known, std::string_view(key).substr(0, 100)); });
    throw Error(Code::corrupt, fmt::format("{}: unknown key '{}'; the nearest that is known is '{}'",
                                           place(*file_, find(key)->line), oci::shown(key), nearest));
  }
}

}  // namespace nacre::registry
