#include "image/config_change_ports.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

#include <arpa/inet.h>
#include <fmt/format.h>

#include "base/error.h"
#include "oci/shown.h"

namespace nacre::image {

namespace {

using oci::shown;

[[noreturn]] void fail(std::string message) {
  throw Error(Code::invalid_argument, std::move(message));
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(port) : std::nullopt;
}

struct PortRange {
  std::uint16_t first, last;
};

std::optional<PortRange> parse_port_range(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = parse_port(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : parse_port(text.substr(dash + 1));
  return first && last && *first <= *last ? std::optional(PortRange{*first, *last}) : std::nullopt;
}

bool is_ip_address(std::string text) {
  if (text.starts_with('[') && text.ends_with(']')) {
    text = text.substr(1, text.size() - 2);
  }
  std::array<std::byte, sizeof(in6_addr)> address{};
  return ::inet_pton(AF_INET, text.c_str(), address.data()) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), address.data()) == 1;
}

// Docker lets EXPOSE have an address and a port of the host, and takes no notice of them.
void check_host_part(std::string_view host, PortRange container) {
  const std::size_t colon = host.rfind(':');
  const auto port = colon == std::string_view::npos ? host : host.substr(colon + 1);
  if (colon != std::string_view::npos && colon > 0 && !is_ip_address(std::string(host.substr(0, colon)))) {
    fail(fmt::format("invalid IP address: {}", shown(host.substr(0, colon))));
  }
  if (port.empty()) {
    return;
  }
  const auto range = parse_port_range(port);
  if (!range) {
    fail(fmt::format("invalid hostPort: {}", shown(port)));
  }
  if (container.first != container.last && range->last - range->first != container.last - container.first) {
    fail(fmt::format("invalid ranges specified for container and host Ports: {}-{} and {}", container.first,
                     container.last, shown(port)));
  }
}

}  // namespace

std::vector<std::string> parse_exposed_ports(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const auto container = colon == std::string_view::npos ? text : text.substr(colon + 1);
  const std::size_t slash = container.find('/');
  const auto port = container.substr(0, slash);
  std::string protocol(slash == std::string_view::npos ? "" : container.substr(slash + 1));
  std::ranges::transform(protocol, protocol.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (port.empty()) {
    fail(fmt::format("no port specified: {}<empty>", shown(text)));
  }
  if (!protocol.empty() && protocol != "tcp" && protocol != "udp" && protocol != "sctp") {
    fail(fmt::format("invalid proto: {}", shown(protocol)));
  }
  const auto range = parse_port_range(port);
  if (!range) {
    fail(fmt::format("invalid containerPort: {}", shown(port)));
  }
  if (colon != std::string_view::npos) {
    check_host_part(text.substr(0, colon), *range);
  }
  std::vector<std::string> ports;
  for (unsigned number = range->first; number <= range->last; ++number) {
    ports.push_back(fmt::format("{}/{}", number, protocol.empty() ? "tcp" : protocol));
  }
  return ports;
}

}  // namespace nacre::image
