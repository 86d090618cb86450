// Addresses of servers as configuration files have them. Internal to registry/.
#pragma once

#include <string>
#include <string_view>

#include "registry/settings.h"

namespace nacre::registry {

struct ServerAddress {
  std::string origin;  // "https://host:5000"
  std::string path;    // "/v2/x", without a final slash; "" for none
};

// "https://host:5000/path", or without a scheme, which is then https. Calls settings.fail() for what is neither.
ServerAddress parse_server(const Settings& settings, std::string_view key, std::string_view text);

// "host:5000" of an origin.
std::string host_of(std::string_view origin);
// Whether a host ("localhost:5000", "127.0.0.1", "[::1]:80") is this machine.
bool is_loopback(std::string_view host);
// Whether a host is an address inside a network ("10.0.0.0/8", "fd00::/8"), or is itself the pattern.
bool matches_host(std::string_view pattern, std::string_view host);

}  // namespace nacre::registry
