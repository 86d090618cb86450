// Typed access to what a configuration file says. Internal to registry/.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "oci/json.h"

namespace nacre::registry {

// A table of a file. Every error names the file and the key. An absent key is false, empty or nothing.
class Settings {
 public:
  Settings(const fs::path& file, const oci::OrderedJson& table) : file_(file), table_(table) {}

  std::string text(const char* key) const;
  std::optional<bool> flag(const char* key) const;
  std::vector<std::string> texts(const char* key) const;  // a single string counts as a list of one
  std::vector<Settings> tables(const char* key) const;    // an array of tables
  const oci::OrderedJson* find(const char* key) const;
  // Throws Error (invalid_argument) for a key that is not among these, naming the nearest.
  void allow_only(std::initializer_list<const char*> keys) const;

  const fs::path& file() const noexcept { return file_; }
  const oci::OrderedJson& table() const noexcept { return table_; }
  [[noreturn]] void fail(std::string_view key, std::string_view cause) const;

 private:
  const fs::path& file_;
  const oci::OrderedJson& table_;
};

}  // namespace nacre::registry
