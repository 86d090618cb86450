// Disks that are full or can only be read; each in a mount namespace of a child, so nothing of it is left.
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/check.h"
#include "store_test_support.h"

namespace nacre::store::test {
namespace {

constexpr int not_allowed = 42;

class HostileDiskTest : public StoreTest {
 protected:
  // Runs body in a child whose mounts nobody else sees; skips where that is not allowed.
  void run_with_mounts(const std::function<void()>& body) {
    fs::create_directories(root());
    const int status = wait_for_child(start_child([&] {
      if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
        ::_exit(not_allowed);
      }
      body();
    }));
    if (WIFEXITED(status) && WEXITSTATUS(status) == not_allowed) {
      GTEST_SKIP() << "needs root to mount";
    }
    EXPECT_EQ(status, 0);
  }

  void mount_small(std::string_view size) const {
    ASSERT_EQ(::mount("tmpfs", root().c_str(), "tmpfs", 0, fmt::format("size={},mode=0710", size).c_str()), 0);
  }
};

TEST_F(HostileDiskTest, AFullDiskIsSaidSoAndLeavesNothing) {
  run_with_mounts([&] {
    mount_small("2m");
    Store store = open();
    load(store, make_image("small", {"fits"}), {.names = {"small:1"}});
    const auto before = files_below(root());
    const TestImage large = make_image("large", {std::string(900'000, 'x'), std::string(900'000, 'y')});
    EXPECT_EQ(error_code([&] { load(store, large); }), Code::no_space);
    EXPECT_EQ(store.images().size(), 1U);
    store.collect();
    store.empty_trash();
    EXPECT_EQ(files_below(root()), before);
    EXPECT_TRUE(check(store, Repair::no, CancelToken{}).clean());
  });
}

// Every amount of space that is too little: whatever does not fit, be it a row, must fail cleanly.
TEST_F(HostileDiskTest, ADiskMayFillUpAnywhere) {
  run_with_mounts([&] {
    mount_small("8m");
    Store store = open();
    const TestImage image = make_image("a", {std::string(20'000, 'x'), "two"});
    bool loaded = false;
    for (std::uint64_t room = 0; room < 60 && !loaded; ++room) {
      {
        const TempFile ballast(root(), "ballast-");
        const auto free = free_space(root()).bytes;
        const std::uint64_t left = std::min<std::uint64_t>(free, room * 4096);
        write_all(ballast.fd(), as_bytes(std::string(free - left, 'x')));
        const std::string error = error_message([&] { load(store, image, {.names = {"app:1"}}); });
        loaded = error.empty();
        EXPECT_THAT(error, testing::AnyOf("", testing::HasSubstr("no space left on device"))) << "room " << room;
      }
      const auto report = check(store, Repair::no, CancelToken{});
      EXPECT_TRUE(report.clean()) << "room " << room << ": " << report.findings.at(0).object << ' '
                                  << report.findings.at(0).problem;
      EXPECT_EQ(store.images().size(), loaded ? 1U : 0U);
      store.collect();
      store.empty_trash();
    }
    EXPECT_TRUE(loaded);
  });
}

TEST_F(HostileDiskTest, AReadOnlyFileSystemCanBeRead) {
  run_with_mounts([&] {
    mount_small("4m");
    const TestImage image = make_image("a", {"one"});
    {
      Store store = open();
      load(store, image, {.names = {"app:1"}});
    }
    ASSERT_EQ(::mount("none", root().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
    Store store = open();
    ASSERT_EQ(store.names().size(), 1U);
    EXPECT_EQ(store.read_blob(image.id()), image.config);
    EXPECT_TRUE(check(store, Repair::no, CancelToken{}).clean());
    EXPECT_EQ(error_code([&] { store.lease(); }), Code::permission_denied);
    EXPECT_EQ(error_code([&] { store.remove_image(image.id(), PruneUntagged::no); }), Code::permission_denied);
    EXPECT_EQ(error_code([&] { store.collect(); }), Code::permission_denied);
  });
}

TEST_F(HostileDiskTest, AReadOnlyFileSystemWithoutAStoreIsSaidSo) {
  run_with_mounts([&] {
    mount_small("1m");
    ASSERT_EQ(::mount("none", root().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
    EXPECT_EQ(error_code([&] { open(); }), Code::permission_denied);
  });
}

}  // namespace
}  // namespace nacre::store::test
