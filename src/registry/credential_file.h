// One file that logins are kept in: docker's config.json, or a containers auth.json. Internal to registry/.
//
// Registries are named as references name them ("docker.io"); the file's keys may be spelled in any way that
// credential_keys.h knows.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "oci/json.h"
#include "registry/credentials.h"

namespace nacre::registry {

class CredentialFile {
 public:
  // Reads the file; one that is missing or blank has no logins, and neither has "". Every member throws Error (corrupt)
  // for what it cannot understand, naming the file and never quoting it.
  explicit CredentialFile(fs::path path);

  // The login with the narrowest key that covers the repository.
  std::optional<Credentials> entry(std::string_view registry, std::string_view repository) const;
  // The helper that is named for the registry, or else for all. An empty name for the registry means that it has none.
  std::optional<std::string> helper(std::string_view registry) const;

  // In place of what the file has for the registry, whatever its spelling; only in memory.
  void set(std::string_view registry, const Credentials& credentials);
  // Every spelling of the registry's own key, not the narrower ones. Returns whether there was one; only in memory.
  bool erase(std::string_view registry);

  // As docker writes it: indented by tabs.
  std::string text() const { return json_.dump(1, '\t') + "\n"; }

 private:
  const oci::OrderedJson* section(std::string_view name) const;
  std::vector<std::string> spellings(const oci::OrderedJson& section, std::string_view key) const;

  fs::path path_;
  oci::OrderedJson json_;
};

// Reads the file, lets `change` change it and, when that returns true, replaces it: durable on return, never seen half
// written, 0600, in a folder that is made (0700) where it is missing, through a symlink. Of several processes that
// change the same file each sees what the one before it wrote.
void change_credential_file(const fs::path& path, const std::function<bool(CredentialFile&)>& change);

}  // namespace nacre::registry
