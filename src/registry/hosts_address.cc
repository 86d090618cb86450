#include "registry/hosts_address.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include <arpa/inet.h>
#include <fmt/format.h>

#include "oci/ascii.h"
#include "oci/shown.h"

namespace nacre::registry {

namespace {

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

// 4 or 16 bytes, most significant first; none for a name.
std::vector<unsigned char> address_bytes(std::string_view text) {
  const std::string copy(text);
  std::vector<unsigned char> bytes(sizeof(in6_addr));
  if (::inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1) {
    return bytes;
  }
  bytes.resize(sizeof(in_addr));
  return ::inet_pton(AF_INET, copy.c_str(), bytes.data()) == 1 ? bytes : std::vector<unsigned char>();
}

struct HostAndPort {
  std::string_view name;  // without the brackets of an IPv6 address
  bool in_brackets = false;
  std::optional<std::string_view> port;
};

HostAndPort split(std::string_view host) {
  HostAndPort parts;
  const std::size_t bracket = host.starts_with('[') ? host.find(']') : std::string_view::npos;
  parts.in_brackets = bracket != std::string_view::npos;
  const std::size_t end = parts.in_brackets ? bracket + 1 : std::min(host.find(':'), host.size());
  parts.name = parts.in_brackets ? host.substr(1, bracket - 1) : host.substr(0, end);
  if (end < host.size()) {
    parts.port = host.substr(end);  // with its colon
  }
  return parts;
}

bool is_name(std::string_view name) {
  const auto belongs = [](char c) { return oci::is_alphanumeric(c) || std::string_view("-._").contains(c); };
  const bool has_empty_label = name.empty() || name.starts_with('.') || name.contains("..");
  return std::ranges::all_of(name, belongs) && !has_empty_label;
}

bool is_host(std::string_view host) {
  const HostAndPort parts = split(host);
  if (parts.in_brackets ? address_bytes(parts.name).size() != sizeof(in6_addr) : !is_name(parts.name)) {
    return false;
  }
  if (!parts.port) {
    return true;
  }
  return parts.port->starts_with(':') && parse_number<std::uint16_t>(parts.port->substr(1)).value_or(0) > 0;
}

bool is_path(std::string_view path) {
  return std::ranges::all_of(path, [](char c) { return c > ' ' && c < '\x7f' && c != '?' && c != '#' && c != '\\'; });
}

struct Network {
  std::vector<unsigned char> address;
  std::size_t bits = 0;
};

std::optional<Network> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) {
    return std::nullopt;
  }
  Network network{.address = address_bytes(text.substr(0, slash))};
  const auto bits = parse_number<std::uint8_t>(text.substr(slash + 1));
  if (network.address.empty() || !bits || *bits > network.address.size() * 8) {
    return std::nullopt;
  }
  network.bits = *bits;
  return network;
}

bool is_inside(const Network& network, std::string_view host) {
  const auto address = address_bytes(split(host).name);
  if (address.size() != network.address.size()) {
    return false;
  }
  const auto bit = [](const std::vector<unsigned char>& bytes, std::size_t i) {
    return (bytes[i / 8] >> (7 - i % 8)) & 1;
  };
  for (std::size_t i = 0; i < network.bits; ++i) {
    if (bit(address, i) != bit(network.address, i)) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string Address::origin() const {
  return fmt::format("{}://{}", scheme, host);
}

std::optional<Address> parse_address(std::string_view text, SchemePrefix prefix) {
  Address address{.scheme = "https", .host = {}, .path = {}};
  if (const std::size_t mark = text.find("://"); mark != std::string_view::npos) {
    address.scheme = oci::lower(text.substr(0, mark));
    text.remove_prefix(mark + 3);
    if (prefix == SchemePrefix::refused || (address.scheme != "http" && address.scheme != "https")) {
      return std::nullopt;
    }
  } else if (prefix == SchemePrefix::required) {
    return std::nullopt;
  }
  const std::size_t slash = std::min(text.find('/'), text.size());
  address.host = oci::lower(text.substr(0, slash));
  if (!is_host(address.host) || !is_path(text.substr(slash))) {
    return std::nullopt;
  }
  // "." and "..": a server's path is no place to leave it by, nor is the folder of its certificates.
  address.path = fs::path(text.substr(slash)).lexically_normal().native();
  while (address.path.ends_with('/')) {
    address.path.pop_back();
  }
  return address;
}

Address address_of(const ConfigTable& table, std::string_view key, std::string_view text, SchemePrefix prefix) {
  auto address = parse_address(text, prefix);
  if (!address) {
    const std::string_view form = prefix == SchemePrefix::required   ? "https://HOST[:PORT][/PATH]"
                                  : prefix == SchemePrefix::optional ? "[https://]HOST[:PORT][/PATH]"
                                                                     : "HOST[:PORT][/PATH]";
    table.fail(key, fmt::format("'{}' is not the address of a server; write {}", oci::shown(text), form));
  }
  return std::move(*address);
}

std::string host_of_origin(std::string_view origin) {
  return std::string(origin.substr(origin.find("://") + 3));
}

bool is_this_machine(std::string_view host) {
  return oci::lower(split(host).name) == "localhost" || host_matches(host, "127.0.0.0/8") ||
         host_matches(host, "::1/128");
}

bool is_host_pattern(std::string_view pattern) {
  return is_host(pattern) || parse_network(pattern).has_value();
}

bool host_matches(std::string_view host, std::string_view pattern) {
  const auto network = parse_network(pattern);
  return network ? is_inside(*network, host) : oci::lower(host) == oci::lower(pattern);
}

}  // namespace nacre::registry
