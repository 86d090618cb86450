// Where the files are that say how registries are reached.
#include <cstdlib>
#include <optional>

#include "registry/hosts.h"

namespace nacre::registry {

namespace {

// An absolute path that the environment names. A relative one would lead to whatever lies in the current folder.
std::optional<fs::path> folder_named(const char* variable) {
  const char* const value = std::getenv(variable);
  return value != nullptr && *value == '/' ? std::optional<fs::path>(value) : std::nullopt;
}

// A file that the user points to, wherever.
std::optional<fs::path> file_named(const char* variable) {
  const char* const value = std::getenv(variable);
  return value != nullptr && *value != '\0' ? std::optional<fs::path>(value) : std::nullopt;
}

}  // namespace

HostFiles HostFiles::of_user() {
  auto own = folder_named("XDG_CONFIG_HOME");
  if (const auto home = folder_named("HOME"); home && !own) {
    own = *home / ".config";
  }
  HostFiles files;
  if (own) {
    files.config.push_back(*own / "nacre/config.toml");
    files.certificate_folders.push_back(*own / "nacre/certs.d");
    files.registries_conf.push_back(*own / "containers/registries.conf");
  }
  files.config.emplace_back("/etc/nacre/config.toml");
  files.certificate_folders.emplace_back("/etc/nacre/certs.d");
  files.certificate_folders.emplace_back("/etc/docker/certs.d");
  if (own) {
    files.certificate_folders.push_back(*own / "containers/certs.d");
  }
  files.certificate_folders.emplace_back("/etc/containers/certs.d");
  files.certificate_folders.emplace_back("/etc/containerd/certs.d");
  files.registries_conf.emplace_back("/etc/containers/registries.conf");
  files.daemon_json = "/etc/docker/daemon.json";
  if (const auto named = file_named("NACRE_CONFIG")) {
    files.config = {*named};
  }
  if (const auto named = file_named("CONTAINERS_REGISTRIES_CONF")) {
    files.registries_conf = {*named};
  }
  return files;
}

}  // namespace nacre::registry
