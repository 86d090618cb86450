// Kinds of network addresses. Internal to net/.
#pragma once

#include <cstdint>
#include <string_view>

struct sockaddr;

namespace nacre::net {

enum class AddressKind : std::uint8_t {
  loopback,    // 127.0.0.0/8, ::1, and the unspecified address, which leads there
  link_local,  // 169.254.0.0/16, fe80::/10: where clouds answer with their secrets
  other,
};

// An IPv4 address inside an IPv6 one counts as what it is.
AddressKind kind_of(const sockaddr& address) noexcept;
// Of an address as text; `other` for anything that is none.
AddressKind kind_of(std::string_view address) noexcept;

}  // namespace nacre::net
