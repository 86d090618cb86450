// Addresses of servers as configuration files have them, and patterns for hosts. Internal to registry/.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "registry/hosts_file.h"

namespace nacre::registry {

struct Address {
  std::string scheme;  // "https"
  std::string host;    // "mirror.lan:5000"
  std::string path;    // "/hub", without a final slash; "" for none

  std::string origin() const;
};

// "https://": in config.toml and daemon.json it must stand there, in registries.conf it must not.
enum class SchemePrefix : std::uint8_t { required, optional, refused };

// "https://host:5000/path", of http or https, without user, query and fragment; where no scheme stands it is https.
std::optional<Address> parse_address(std::string_view text, SchemePrefix prefix);
// The same for the value of a key; calls table.fail() for what is no address.
Address address_of(const ConfigTable& table, std::string_view key, std::string_view text, SchemePrefix prefix);

// "host:5000" of "https://host:5000".
std::string host_of_origin(std::string_view origin);
// Whether a host ("localhost:5000", "127.0.0.1", "[::1]:80") is this machine.
bool is_this_machine(std::string_view host);
// Whether `pattern` can match a host at all: it is one, or a network.
bool is_host_pattern(std::string_view pattern);
// Whether a host is an address inside a network ("10.0.0.0/8", "fd00::/8"), or is the pattern, port and all.
bool host_matches(std::string_view host, std::string_view pattern);

}  // namespace nacre::registry
