#include "registry/server_address.h"

#include <charconv>
#include <cstddef>
#include <cstring>
#include <optional>
#include <vector>

#include <arpa/inet.h>
#include <fmt/format.h>

#include "net/url.h"
#include "oci/shown.h"

namespace nacre::registry {

namespace {

std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) {
    return host.substr(1, host.find(']') - 1);
  }
  return host.substr(0, host.find(':'));
}

// 4 or 16 bytes, most significant first; nothing for a name.
std::vector<unsigned char> address_bytes(std::string_view text) {
  std::vector<unsigned char> bytes(sizeof(in6_addr));
  const std::string copy(text);
  if (::inet_pton(AF_INET, copy.c_str(), bytes.data()) == 1) {
    bytes.resize(sizeof(in_addr));
    return bytes;
  }
  return ::inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1 ? bytes : std::vector<unsigned char>();
}

bool in_network(std::string_view network, std::string_view host) {
  const std::size_t slash = network.find('/');
  const auto base = address_bytes(network.substr(0, slash));
  const auto address = address_bytes(without_port(host));
  std::size_t bits = 0;
  const std::string_view length = network.substr(slash + 1);
  const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), bits);
  if (base.empty() || base.size() != address.size() || error != std::errc() || bits > base.size() * 8) {
    return false;
  }
  for (std::size_t i = 0; i < bits; ++i) {
    const auto bit = [&](const std::vector<unsigned char>& bytes) { return bytes[i / 8] >> (7 - i % 8) & 1; };
    if (bit(base) != bit(address)) {
      return false;
    }
  }
  return true;
}

}  // namespace

ServerAddress parse_server(const Settings& settings, std::string_view key, std::string_view text) {
  const std::string url = text.contains("://") ? std::string(text) : fmt::format("https://{}", text);
  const auto origin = net::origin_of(url);
  if (!origin || net::without_credentials(url) != url || url.find_first_of("?# \t\r\n") != std::string::npos) {
    settings.fail(key, fmt::format("'{}' is not the address of a server", oci::shown(text)));
  }
  const std::size_t start = url.find("://") + 3;
  const std::size_t slash = std::min(url.find('/', start), url.size());
  ServerAddress address{url.substr(0, slash), url.substr(slash)};
  while (address.path.ends_with('/')) {
    address.path.pop_back();
  }
  return address;
}

std::string host_of(std::string_view origin) {
  return std::string(origin.substr(origin.find("://") + 3));
}

bool is_loopback(std::string_view host) {
  return without_port(host) == "localhost" || in_network("127.0.0.0/8", host) || in_network("::1/128", host);
}

bool matches_host(std::string_view pattern, std::string_view host) {
  return pattern == host || (pattern.contains('/') && in_network(pattern, host));
}

}  // namespace nacre::registry
