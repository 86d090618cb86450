#include "net/address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

namespace nacre::net {
namespace {

TEST(Address, KindsAreToldApart) {
  for (const char* const here : {"127.0.0.1", "127.255.0.3", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1"}) {
    EXPECT_EQ(kind_of(here), AddressKind::loopback) << here;
  }
  for (const char* const link : {"169.254.169.254", "169.254.0.1", "fe80::1", "::ffff:169.254.169.254"}) {
    EXPECT_EQ(kind_of(link), AddressKind::link_local) << link;
  }
  for (const char* const other : {"10.0.0.1", "128.0.0.1", "169.253.255.255", "8.8.8.8", "fd00::1", "::ffff:10.0.0.1",
                                  "not an address", "", "127.0.0.1.5", "localhost"}) {
    EXPECT_EQ(kind_of(other), AddressKind::other) << other;
  }
}

TEST(Address, SocketAddressesAreReadTheSame) {
  sockaddr_in ipv4{};
  ipv4.sin_family = AF_INET;
  ::inet_pton(AF_INET, "169.254.1.1", &ipv4.sin_addr);
  EXPECT_EQ(kind_of(reinterpret_cast<const sockaddr&>(ipv4)), AddressKind::link_local);
  sockaddr_in6 ipv6{};
  ipv6.sin6_family = AF_INET6;
  ::inet_pton(AF_INET6, "::1", &ipv6.sin6_addr);
  EXPECT_EQ(kind_of(reinterpret_cast<const sockaddr&>(ipv6)), AddressKind::loopback);
  const sockaddr unix_socket{AF_UNIX, {}};
  EXPECT_EQ(kind_of(unix_socket), AddressKind::other);
}

}  // namespace
}  // namespace nacre::net
