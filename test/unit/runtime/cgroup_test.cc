#include "runtime/cgroup.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/error.h"
#include "base/temp.h"
#include "snapshot/snapshotter.h"

namespace nacre::runtime::test {
namespace {

class CgroupTest : public testing::Test {
 protected:
  fs::path make(const std::string& name) const {
    make_directories(directory_.path() / name);
    return directory_.path() / name;
  }
  TempDir directory_{"/var/tmp", "nacre-cgroup-test-"};
};

TEST_F(CgroupTest, v1_is_a_directory_a_controller) {
  const fs::path root = make("v1");
  make("v1/memory");
  make("v1/pids");
  const HostCgroups cgroups(root);
  EXPECT_EQ(cgroups.mode(), CgroupMode::v1);
  EXPECT_TRUE(cgroups.has_controller("pids"));
  EXPECT_FALSE(cgroups.has_controller("cpu"));
  EXPECT_FALSE(cgroups.counts_swap());
  write_file_atomically(root / "memory/memory.memsw.limit_in_bytes", "0\n");
  EXPECT_TRUE(cgroups.counts_swap());
}

TEST_F(CgroupTest, an_empty_place_is_none) {
  EXPECT_EQ(HostCgroups(make("none")).mode(), CgroupMode::none);
  EXPECT_EQ(HostCgroups(directory_.path() / "absent").mode(), CgroupMode::none);
  HostCgroups(make("none")).destroy("/nacre/x");
}

TEST_F(CgroupTest, groups_are_removed_from_every_hierarchy) {
  const fs::path root = make("v1");
  make("v1/memory/nacre/x");
  make("v1/pids/nacre/x");
  make("v1/pids/nacre/y");
  HostCgroups(root).destroy("/nacre/x");
  EXPECT_FALSE(path_exists(root / "memory/nacre/x"));
  EXPECT_FALSE(path_exists(root / "pids/nacre/x"));
  EXPECT_TRUE(path_exists(root / "pids/nacre/y"));
}

TEST_F(CgroupTest, v2_and_hybrid_are_told_by_their_file_system) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "mounting needs root";
  }
  try {
    snapshot::enter_private_mount_namespace();
  } catch (const Error& error) {
    GTEST_SKIP() << error.what();
  }
  const fs::path v2 = make("v2");
  if (::mount("cgroup2", v2.c_str(), "cgroup2", 0, nullptr) != 0) {
    GTEST_SKIP() << "this host has no cgroup v2";
  }
  const snapshot::Mount mounted(v2);
  EXPECT_EQ(HostCgroups(v2).mode(), CgroupMode::v2);
  EXPECT_TRUE(HostCgroups(v2).counts_swap());
  EXPECT_FALSE(HostCgroups(v2).has_controller("no-such-controller"));

  const fs::path hybrid = make("hybrid/unified");
  ASSERT_EQ(::mount("cgroup2", hybrid.c_str(), "cgroup2", 0, nullptr), 0);
  const snapshot::Mount also_mounted(hybrid);
  EXPECT_EQ(HostCgroups(directory_.path() / "hybrid").mode(), CgroupMode::hybrid);
}

TEST(CgroupNames, are_shown) {
  EXPECT_EQ(name_of(CgroupMode::v1), "v1");
  EXPECT_EQ(name_of(CgroupMode::v2), "v2");
  EXPECT_EQ(name_of(CgroupMode::hybrid), "hybrid");
  EXPECT_EQ(name_of(CgroupMode::none), "none");
  EXPECT_EQ(container_cgroup("abc"), "/nacre/abc");
}

}  // namespace
}  // namespace nacre::runtime::test
