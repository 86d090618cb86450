#include "runtime/network_files.h"

#include <gtest/gtest.h>

#include "base/temp.h"

namespace nacre::runtime::test {
namespace {

TEST(ResolvConf, loses_servers_of_the_hosts_loopback) {
  EXPECT_EQ(
      without_loopback_servers("# stub\nnameserver 127.0.0.53\nnameserver 10.0.0.1\n nameserver\t::1\nsearch example\n"
                               "nameserver ::1%lo\nnameserver 2001:db8::1\nnameserver127.0.0.1\n"),
      "# stub\nnameserver 10.0.0.1\nsearch example\nnameserver 2001:db8::1\nnameserver127.0.0.1\n");
  EXPECT_EQ(without_loopback_servers("nameserver 127.0.0.1"), "");
  EXPECT_EQ(without_loopback_servers("nameserver 10.0.0.1"), "nameserver 10.0.0.1\n");
  EXPECT_EQ(without_loopback_servers(""), "");
}

TEST(NetworkFiles, are_the_containers_own) {
  const TempDir directory(fs::temp_directory_path(), "nacre-network-test-");
  const NetworkFiles files = write_network_files(directory.path(), NetworkMode::none, "box");
  EXPECT_EQ(read_file(files.hostname, 100), "box\n");
  EXPECT_EQ(read_file(files.hosts, 1000), default_hosts());
  EXPECT_EQ(read_file(files.resolv_conf, 100'000).find("nameserver 127."), std::string::npos);
}

TEST(NetworkFiles, with_the_hosts_network_are_the_hosts) {
  if (!path_exists("/etc/hosts")) {
    GTEST_SKIP() << "this host has no /etc/hosts";
  }
  const TempDir directory(fs::temp_directory_path(), "nacre-network-test-");
  const NetworkFiles files = write_network_files(directory.path(), NetworkMode::host, "box");
  EXPECT_EQ(read_file(files.hosts, 1 << 20), read_file("/etc/hosts", 1 << 20));
}

}  // namespace
}  // namespace nacre::runtime::test
