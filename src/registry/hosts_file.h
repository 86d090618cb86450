// Configuration files as they are read: what TOML and JSON amount to, each value with its line. Internal to registry/.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace nacre::registry {

// No file that is read here, certificates included, is larger.
inline constexpr std::uint64_t max_configuration_size = 1024 * 1024;

// What becomes of a file that we may not read. Other programs keep their folders to root, as docker did with
// /etc/docker: to others such a file is as good as missing.
enum class Unreadable : std::uint8_t { fail, skip };

// Nothing for a file that is missing.
std::optional<std::string> read_if_there(const fs::path& file, Unreadable unreadable);
// Whether there is a folder that we may look into.
bool is_readable_folder(const fs::path& folder);

struct ConfigValue {
  enum class Kind : std::uint8_t { text, flag, number, list, table, other };
  Kind kind = Kind::other;
  bool flag = false;
  std::int64_t number = 0;
  unsigned line = 0;  // 0: not known
  std::string text = {};
  std::vector<std::string> keys = {};   // of a table, in the order of the file
  std::vector<ConfigValue> items = {};  // of a list, or of a table in the order of its keys
};

// The table that a file is; nothing where it is missing. Throws Error (corrupt), "hosts.toml:3: ...".
std::optional<ConfigValue> read_toml_file(const fs::path& file, Unreadable unreadable);
std::optional<ConfigValue> read_json_file(const fs::path& file, Unreadable unreadable);

// Typed access to a table. Every error names file, line and key. An absent key is "", empty or nothing. Refers to the
// path and the value it is made of.
class ConfigTable {
 public:
  ConfigTable(const fs::path& file, const ConfigValue& value) : file_(&file), value_(&value) {}

  std::string text(std::string_view key) const;
  std::optional<bool> flag(std::string_view key) const;
  std::optional<std::int64_t> number(std::string_view key) const;
  std::vector<std::string> texts(std::string_view key) const;   // a single string counts as a list of one
  std::vector<ConfigTable> tables(std::string_view key) const;  // an array of tables
  std::optional<ConfigTable> table(std::string_view key) const;
  const ConfigValue* find(std::string_view key) const;
  // Throws Error (corrupt) for a key that is not among these, naming the nearest.
  void allow_only(std::initializer_list<std::string_view> keys) const;

  const fs::path& file() const noexcept { return *file_; }
  const std::vector<std::string>& keys() const noexcept { return value_->keys; }
  // Throws Error (corrupt): "hosts.toml:3: ca: expected a list of strings".
  [[noreturn]] void fail(std::string_view key, std::string_view cause) const;

 private:
  const fs::path* file_;
  const ConfigValue* value_;
};

}  // namespace nacre::registry
