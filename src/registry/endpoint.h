// A server that holds a repository: the registry itself or a mirror of it.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "net/tls.h"

namespace nacre::registry {

// What an endpoint may be asked for. Source: containerd's hosts.toml, "capabilities".
enum class Capability : std::uint8_t { pull = 1, resolve = 2, push = 4 };  // pull: by digest; resolve: by tag

struct Endpoint {
  std::string origin;          // "https://registry-1.docker.io", "http://localhost:5000": no path, no final slash
  std::string api = "/v2";     // where its API begins: hosts.toml may name another place
  std::string repository;      // "library/alpine", as this endpoint names it
  std::string domain_asked;    // of a mirror that must be told which registry is meant ("?ns=docker.io"); "" for none
  std::string credential_key;  // the registry that logins for it are filed under: "docker.io", "mirror.lan:5000"
  std::uint8_t capabilities = 7;
  net::TlsSettings tls;
  std::vector<std::pair<std::string, std::string>> headers = {};  // sent with every request to it

  bool can(Capability capability) const { return (capabilities & static_cast<std::uint8_t>(capability)) != 0; }
};

}  // namespace nacre::registry
