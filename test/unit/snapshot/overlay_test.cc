#include <fstream>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "base/error.h"
#include "mount_support.h"

namespace nacre::snapshot::test {
namespace {

using testing::HasSubstr;

class OverlayTest : public MountTest {
 protected:
  Mount mount_in(const fs::path& base, UpperLife life = UpperLife::kept) {
    for (const char* name : {"lower", "upper", "work", "merged"}) {
      make_directories(base / name);
    }
    write(base / "lower" / "file", "below");
    return mount_overlay(base / "lower", base / "upper", base / "work", base / "merged", life);
  }
};

TEST_F(OverlayTest, writes_go_to_the_upper_directory_alone) {
  const Mount mount = mount_in(path("plain"));
  EXPECT_EQ(read_file(mount.target() / "file", 100), "below");
  write(mount.target() / "file", "above");
  write(mount.target() / "new", "new");
  EXPECT_EQ(read_file(path("plain/lower/file"), 100), "below");
  EXPECT_EQ(read_file(path("plain/upper/file"), 100), "above");
  EXPECT_EQ(read_file(path("plain/upper/new"), 100), "new");
}

TEST_F(OverlayTest, an_ephemeral_upper_directory_works_alike) {
  const Mount mount = mount_in(path("ephemeral"), UpperLife::ephemeral);
  write(mount.target() / "file", "above");
  EXPECT_EQ(read_file(path("ephemeral/upper/file"), 100), "above");
  EXPECT_TRUE(path_exists(path("ephemeral/work/work/incompat/volatile")));
}

TEST_F(OverlayTest, a_removed_file_is_a_whiteout_above) {
  const Mount mount = mount_in(path("removal"));
  EXPECT_TRUE(remove_file(mount.target() / "file"));
  EXPECT_FALSE(path_exists(mount.target() / "file"));
  EXPECT_TRUE(path_exists(path("removal/lower/file")));
}

TEST_F(OverlayTest, paths_are_taken_as_they_are) {
  for (const char* name : {"a:b", "c,d", "e\\f", "g\\,:h", "i j", "\\\\", "lowerdir=x"}) {
    const Mount mount = mount_in(path("odd") / name);
    EXPECT_EQ(read_file(mount.target() / "file", 100), "below") << name;
    write(mount.target() / "new", name);
    EXPECT_EQ(read_file(path("odd") / name / "upper/new", 100), name);
  }
}

TEST_F(OverlayTest, paths_longer_than_an_option_may_be) {
  const fs::path base = path(std::string(200, 'a')) / std::string(200, 'b');
  const Mount mount = mount_in(base);
  write(mount.target() / "new", "content");
  EXPECT_EQ(read_file(base / "upper/new", 100), "content");
}

TEST_F(OverlayTest, without_an_upper_directory_it_is_read_only) {
  write(make("only-lower") / "file", "below");
  const Mount mount = mount_overlay(path("only-lower"), {}, {}, make("merged"));
  EXPECT_EQ(read_file(mount.target() / "file", 100), "below");
  EXPECT_EQ(::open((mount.target() / "new").c_str(), O_WRONLY | O_CREAT, 0644), -1);
  EXPECT_EQ(errno, EROFS);
}

TEST_F(OverlayTest, an_error_names_the_place_and_the_cause) {
  try {
    mount_overlay(path("missing"), {}, {}, make("merged"));
    FAIL() << "mounted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::not_found);
    EXPECT_THAT(error.message(), HasSubstr(path("merged").native()));
    EXPECT_THAT(error.message(), HasSubstr(path("missing").native()));
  }
}

TEST_F(OverlayTest, a_mount_goes_with_its_owner) {
  {
    Mount first = mount_in(path("owned"));
    Mount second = std::move(first);
    EXPECT_TRUE(path_exists(path("owned/merged/file")));
    Mount third;
    third = std::move(second);
    EXPECT_TRUE(path_exists(path("owned/merged/file")));
  }
  EXPECT_FALSE(path_exists(path("owned/merged/file")));
}

TEST_F(OverlayTest, a_busy_mount_goes_too) {
  Fd held;
  {
    const Mount mount = mount_in(path("busy"));
    held = open_file(mount.target() / "file", O_RDONLY);
  }
  EXPECT_FALSE(path_exists(path("busy/merged/file")));
}

TEST_F(OverlayTest, a_read_only_bind_refuses_writes) {
  write(make("source") / "file", "content");
  const Mount mount = mount_bind(path("source"), make("target"), BindAccess::read_only);
  EXPECT_EQ(read_file(mount.target() / "file", 100), "content");
  EXPECT_EQ(::open((mount.target() / "file").c_str(), O_WRONLY), -1);
  EXPECT_EQ(errno, EROFS);
  write(path("source") / "file", "the source itself stays writable");
}

TEST_F(OverlayTest, nothing_is_seen_outside_the_private_namespace) {
  const Mount mount = mount_in(path("hidden"));
  // The parent process is in the namespace this one left.
  std::ifstream mounts("/proc/" + std::to_string(::getppid()) + "/mountinfo");
  const std::string seen((std::istreambuf_iterator<char>(mounts)), {});
  EXPECT_FALSE(seen.empty());
  EXPECT_THAT(seen, testing::Not(HasSubstr(mount.target().native())));
}

}  // namespace
}  // namespace nacre::snapshot::test
