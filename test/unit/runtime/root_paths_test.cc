#include "runtime/root_paths.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/temp.h"
#include "errors.h"

namespace nacre::runtime::test {
namespace {

class RootPaths : public testing::Test {
 protected:
  void SetUp() override {
    make_directories(path() / "etc");
    write_file_atomically(path() / "etc/file", "x");
    ASSERT_EQ(::symlink("/etc", (path() / "absolute").c_str()), 0);
    ASSERT_EQ(::symlink("../../../../etc", (path() / "escaping").c_str()), 0);
    ASSERT_EQ(::symlink("/nowhere", (path() / "dangling").c_str()), 0);
  }
  fs::path path() const { return directory_.path() / "root"; }
  Fd root() const { return open_file(path(), O_PATH | O_DIRECTORY); }

  TempDir directory_{fs::canonical(fs::temp_directory_path()), "nacre-root-test-"};
};

TEST_F(RootPaths, resolve_inside) {
  EXPECT_EQ(resolve_inside(root(), "/etc/file"), path() / "etc/file");
  EXPECT_EQ(resolve_inside(root(), "/absolute/file"), path() / "etc/file");
  EXPECT_EQ(resolve_inside(root(), "/escaping/file"), path() / "etc/file");
  EXPECT_EQ(resolve_inside(root(), "../../../etc"), path() / "etc");
  EXPECT_EQ(resolve_inside(root(), "/"), path());
  EXPECT_EQ(resolve_inside(root(), "/absent"), std::nullopt);
  EXPECT_EQ(resolve_inside(root(), "/dangling"), std::nullopt);
  EXPECT_EQ(resolve_inside(root(), "/etc/file/below"), std::nullopt);
}

TEST_F(RootPaths, directories_are_made_inside) {
  make_directory_inside(root(), "/a/b/../c");
  EXPECT_TRUE(path_exists(path() / "a/c"));
  EXPECT_FALSE(path_exists(path() / "a/b"));
  make_directory_inside(root(), "/a/c");
  make_directory_inside(root(), "/");
  make_directory_inside(root(), "/escaping/new");
  EXPECT_TRUE(path_exists(path() / "etc/new"));
  make_directory_inside(root(), "/../up");
  EXPECT_TRUE(path_exists(path() / "up"));
}

TEST_F(RootPaths, what_is_no_directory_is_told) {
  EXPECT_EQ(error_of([&] { make_directory_inside(root(), "/etc/file"); }),
            "cannot mkdir: /etc/file is not a directory");
  EXPECT_EQ(error_of([&] { make_directory_inside(root(), "/etc/file/x"); }),
            "cannot mkdir: /etc/file is not a directory");
  EXPECT_EQ(error_of([&] { make_directory_inside(root(), "/dangling/x"); }),
            "cannot mkdir: /dangling is not a directory");
}

}  // namespace
}  // namespace nacre::runtime::test
