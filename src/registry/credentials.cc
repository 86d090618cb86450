#include "registry/credentials.h"

#include <cstdlib>

#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "oci/shown.h"
#include "oci/utf8.h"
#include "registry/credential_file.h"
#include "registry/credential_helper.h"
#include "registry/credential_keys.h"

namespace nacre::registry {

namespace {

// Nothing for a variable that is empty, as docker and podman have it.
std::optional<fs::path> folder_named(const char* variable) {
  const char* const value = std::getenv(variable);
  return value == nullptr || *value == '\0' ? std::nullopt : std::optional(fs::path(value));
}

std::optional<Credentials> find_in(const fs::path& path, std::string_view registry, std::string_view repository,
                                   std::string_view helper_key) {
  const CredentialFile file(path);
  if (const auto helper = file.helper(registry)) {
    if (auto credentials = ask_helper(*helper, helper_key)) {
      return credentials;
    }
  }
  return file.entry(registry, repository);
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto next = oci::decode_utf8(text);
    if (!next.valid) {
      return false;
    }
    text.remove_prefix(next.length);
  }
  return true;
}

// What would be kept, but not be found again as it was.
void check_keepable(const Credentials& credentials) {
  if (credentials.username.empty() && credentials.identity_token.empty() && credentials.registry_token.empty()) {
    throw Error(Code::invalid_argument, "a login needs a user name");
  }
  if (credentials.username.contains(':')) {  // RFC 7617, 2
    throw Error(Code::invalid_argument, "a user name cannot contain ':'");
  }
  for (const std::string_view text : {std::string_view(credentials.username), credentials.password.reveal(),
                                      credentials.identity_token.reveal(), credentials.registry_token.reveal()}) {
    if (!is_utf8(text)) {
      throw Error(Code::invalid_argument, "user name and password must be UTF-8");
    }
  }
}

// A keychain that cannot be read, because it is locked say, may still let go of what it holds: then docker's own key is
// worth a try, and what goes wrong with the other spellings is no news to the user.
bool may_hold(std::string_view helper, std::string_view key, bool if_unknown) {
  try {
    return ask_helper(helper, key).has_value();
  } catch (const Error&) {
    return if_unknown;
  }
}

bool forget_in_helper(std::string_view helper, std::string_view registry) {
  bool had = false;
  for (const auto& key : helper_keys(registry)) {
    if (may_hold(helper, key, key == credential_key(registry))) {
      erase_in_helper(helper, key);
      had = true;
    }
  }
  return had;
}

}  // namespace

std::string registry_of(std::string_view server) {
  std::string registry = normal_key(server);
  return registry.empty() ? "docker.io" : registry;
}

CredentialFiles CredentialFiles::of_user() {
  CredentialFiles files;
  const auto home = folder_named("HOME");
  if (const auto folder = folder_named("DOCKER_CONFIG")) {
    files.docker_config = *folder / "config.json";
  } else if (home) {
    files.docker_config = *home / ".docker/config.json";
  }
  if (const auto named = folder_named("REGISTRY_AUTH_FILE")) {
    files.auth_json.push_back(*named);
  }
  const auto runtime = folder_named("XDG_RUNTIME_DIR");
  files.auth_json.push_back(runtime ? *runtime / "containers/auth.json"
                                    : fs::path(fmt::format("/run/containers/{}/auth.json", ::getuid())));
  if (const auto folder = folder_named("XDG_CONFIG_HOME")) {
    files.auth_json.push_back(*folder / "containers/auth.json");
  } else if (home) {
    files.auth_json.push_back(*home / ".config/containers/auth.json");
  }
  return files;
}

std::optional<Credentials> CredentialStore::find(std::string_view registry, std::string_view repository) const {
  const std::string host = normal_key(registry);
  if (auto credentials = find_in(files_.docker_config, host, repository, credential_key(host))) {
    return credentials;
  }
  for (const auto& file : files_.auth_json) {
    if (auto credentials = find_in(file, host, repository, host)) {
      return credentials;
    }
  }
  return std::nullopt;
}

CredentialStore::Kept CredentialStore::keep(std::string_view registry, const Credentials& credentials) {
  check_keepable(credentials);
  if (files_.docker_config.empty()) {
    throw Error(Code::invalid_argument, fmt::format("keep the login for {}: no home folder is known; set $HOME or "
                                                    "$DOCKER_CONFIG",
                                                    oci::shown(registry)));
  }
  const std::string host = normal_key(registry);
  CredentialFile file(files_.docker_config);
  const auto helper = file.helper(host);
  if (!helper) {
    change_credential_file(files_.docker_config, [&](CredentialFile& current) {
      current.set(host, credentials);
      return true;
    });
    return {std::nullopt, files_.docker_config};
  }
  tell_helper(*helper, credential_key(host), credentials);
  // The password of an earlier login has no business in the file any more.
  if (file.erase(host)) {
    change_credential_file(files_.docker_config, [&](CredentialFile& current) { return current.erase(host); });
  }
  return {helper, files_.docker_config};
}

bool CredentialStore::forget(std::string_view registry) {
  const std::string host = normal_key(registry);
  CredentialFile file(files_.docker_config);
  const bool in_file = file.erase(host);
  if (in_file) {
    change_credential_file(files_.docker_config, [&](CredentialFile& current) { return current.erase(host); });
  }
  const auto helper = file.helper(host);
  const bool in_helper = helper && forget_in_helper(*helper, host);
  return in_file || in_helper;
}

}  // namespace nacre::registry
