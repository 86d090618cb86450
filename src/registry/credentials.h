// Whose account a registry is asked with: the files and helpers that docker and podman keep logins in.
//
// Sources: docker's config.json (auths, credHelpers, credsStore; docker/cli cli/config), containers-auth.json(5), the
// docker-credential-helpers protocol.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/secret.h"

namespace nacre::registry {

struct Credentials {
  std::string username = {};
  Secret password = {};
  Secret identity_token = {};  // an OAuth2 refresh token; then there is no password
  Secret registry_token = {};  // a bearer token to be sent as it is
};

// The files in the order in which they are asked. Missing ones are fine.
struct CredentialFiles {
  fs::path docker_config;            // $DOCKER_CONFIG/config.json, ~/.docker/config.json: what login writes
  std::vector<fs::path> auth_json;   // $REGISTRY_AUTH_FILE, $XDG_RUNTIME_DIR/containers/..., ~/.config/containers/...
  static CredentialFiles of_user();  // from the environment
};

class CredentialStore {
 public:
  explicit CredentialStore(CredentialFiles files) : files_(std::move(files)) {}

  // For a registry as references name it ("docker.io", "localhost:5000") and a repository in it ("library/alpine").
  // Within a file the narrowest key wins (host/ns/repo, host/ns, host), and a helper, where one is named for the
  // registry or for all, before the file's own entries. Reads the files anew each time; any thread may call it. Throws
  // Error: corrupt for a file that cannot be understood, naming it and never quoting it; unavailable when a helper that
  // is named is missing or fails.
  std::optional<Credentials> find(std::string_view registry, std::string_view repository) const;

  // Keeps a login: with the helper that config.json names, or in the file itself, replaced as a whole (0600), what else
  // it says kept; durable on return. Returns where it went, for the warning that docker prints about plain files.
  // Throws Error as find() does; invalid_argument for a user name or password that could not be found again as it was.
  struct Kept {
    std::optional<std::string> helper;  // its name in config.json: "pass" for docker-credential-pass
    fs::path file;                      // config.json, wherever the login went
  };
  Kept keep(std::string_view registry, const Credentials& credentials);
  // Takes a login out of config.json and of the helper it names, under every spelling; what podman keeps stays. Returns
  // whether there was one. Throws Error as find() does.
  bool forget(std::string_view registry);

 private:
  CredentialFiles files_;
};

// The registry that a user means who names a server: "https://index.docker.io/v1/" and "" are "docker.io".
std::string registry_of(std::string_view server);

// The key that docker files a registry's login under: "https://index.docker.io/v1/" for docker.io.
std::string credential_key(std::string_view registry);

}  // namespace nacre::registry
