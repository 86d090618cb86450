#include "runtime/capabilities.h"

#include <gmock/gmock.h>

#include "errors.h"

namespace nacre::runtime::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

std::vector<std::string> capabilities(std::vector<std::string> add, std::vector<std::string> drop,
                                      Privilege privilege = Privilege::normal) {
  return container_capabilities(add, drop, privilege);
}

TEST(Capabilities, are_dockers_fourteen) {
  EXPECT_THAT(capabilities({}, {}), SizeIs(14));
  EXPECT_THAT(capabilities({}, {}), Contains("CAP_CHOWN"));
  EXPECT_THAT(capabilities({}, {}), Not(Contains("CAP_SYS_ADMIN")));
}

TEST(Capabilities, are_added_and_dropped) {
  EXPECT_THAT(capabilities({"net_admin"}, {"CAP_MKNOD", "chown"}), SizeIs(13));
  EXPECT_THAT(capabilities({"NET_ADMIN"}, {}), Contains("CAP_NET_ADMIN"));
  EXPECT_THAT(capabilities({"chown"}, {}), SizeIs(14));
  EXPECT_THAT(capabilities({}, {"ALL"}), IsEmpty());
  EXPECT_THAT(capabilities({"kill", "SYS_TIME"}, {"all"}), ElementsAre("CAP_KILL", "CAP_SYS_TIME"));
  EXPECT_THAT(capabilities({"ALL"}, {"SYS_ADMIN"}), Not(Contains("CAP_SYS_ADMIN")));
  EXPECT_EQ(capabilities({}, {"chown"}, Privilege::privileged), capabilities({"ALL"}, {}));
}

TEST(Capabilities, all_is_what_the_host_has) {
  for (const std::string& name : capabilities({"ALL"}, {})) {
    EXPECT_TRUE(host_has_capability(name)) << name;
  }
  EXPECT_FALSE(host_has_capability("CAP_FOO"));
}

TEST(Capabilities, errors_are_dockers) {
  EXPECT_EQ(error_of([] { capabilities({"foo"}, {}); }), "invalid CapAdd: unknown capability: \"CAP_FOO\"");
  EXPECT_EQ(error_of([] { capabilities({}, {"foo"}); }), "invalid CapDrop: unknown capability: \"CAP_FOO\"");
}

}  // namespace
}  // namespace nacre::runtime::test
