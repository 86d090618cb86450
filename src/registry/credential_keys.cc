#include "registry/credential_keys.h"

#include <algorithm>

#include <fmt/format.h>

#include "registry/credentials.h"

namespace nacre::registry {

namespace {

bool take_scheme(std::string_view& key) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (key.starts_with(scheme)) {
      key.remove_prefix(scheme.size());
      return true;
    }
  }
  return false;
}

}  // namespace

std::string credential_key(std::string_view registry) {
  return registry == "docker.io" ? "https://index.docker.io/v1/" : std::string(registry);
}

std::string normal_key(std::string_view key) {
  const bool is_address = take_scheme(key);
  while (key.ends_with('/')) {
    key.remove_suffix(1);
  }
  std::string_view host = key.substr(0, key.find('/'));
  std::string_view path = key.substr(host.size());
  if (is_address || path == "/v1" || path == "/v2") {
    path = {};
  }
  if (host == "index.docker.io" || host == "registry-1.docker.io") {
    host = "docker.io";
  }
  return fmt::format("{}{}", host, path);
}

std::vector<std::string> keys_for(std::string_view registry, std::string_view repository) {
  std::vector<std::string> keys;
  while (!repository.empty()) {
    keys.push_back(fmt::format("{}/{}", registry, repository));
    const std::size_t slash = repository.rfind('/');
    repository = repository.substr(0, slash == std::string_view::npos ? 0 : slash);
  }
  keys.emplace_back(registry);
  return keys;
}

std::vector<std::string> helper_keys(std::string_view registry) {
  std::vector<std::string> keys = {credential_key(registry)};
  for (const std::string_view scheme : {"", "https://", "http://"}) {
    std::string key = fmt::format("{}{}", scheme, registry);
    if (std::ranges::find(keys, key) == keys.end()) {
      keys.push_back(std::move(key));
    }
  }
  return keys;
}

}  // namespace nacre::registry
