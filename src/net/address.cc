#include "net/address.h"

#include <cstring>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace nacre::net {

namespace {

AddressKind kind_of_ipv4(std::uint32_t address) noexcept {
  if (address >> 24 == 127 || address == 0) {
    return AddressKind::loopback;
  }
  return address >> 16 == 0xa9fe ? AddressKind::link_local : AddressKind::other;
}

AddressKind kind_of_ipv6(const in6_addr& address) noexcept {
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    std::uint32_t inner = 0;
    std::memcpy(&inner, &address.s6_addr[12], sizeof inner);
    return kind_of_ipv4(ntohl(inner));
  }
  if (IN6_IS_ADDR_LOOPBACK(&address) || IN6_IS_ADDR_UNSPECIFIED(&address)) {
    return AddressKind::loopback;
  }
  return IN6_IS_ADDR_LINKLOCAL(&address) ? AddressKind::link_local : AddressKind::other;
}

}  // namespace

AddressKind kind_of(const sockaddr& address) noexcept {
  if (address.sa_family == AF_INET) {
    sockaddr_in ipv4{};
    std::memcpy(&ipv4, &address, sizeof ipv4);
    return kind_of_ipv4(ntohl(ipv4.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 ipv6{};
    std::memcpy(&ipv6, &address, sizeof ipv6);
    return kind_of_ipv6(ipv6.sin6_addr);
  }
  return AddressKind::other;
}

AddressKind kind_of(std::string_view address) noexcept {
  char text[INET6_ADDRSTRLEN + 1] = {};
  if (address.size() >= sizeof text) {
    return AddressKind::other;
  }
  address.copy(text, address.size());
  in_addr ipv4{};
  if (::inet_pton(AF_INET, text, &ipv4) == 1) {
    return kind_of_ipv4(ntohl(ipv4.s_addr));
  }
  in6_addr ipv6{};
  return ::inet_pton(AF_INET6, text, &ipv6) == 1 ? kind_of_ipv6(ipv6) : AddressKind::other;
}

}  // namespace nacre::net
