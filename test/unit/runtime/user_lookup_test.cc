#include "runtime/user_lookup.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/temp.h"
#include "errors.h"

namespace nacre::runtime::test {
namespace {

class UserLookup : public testing::Test {
 protected:
  void SetUp() override {
    make_directories(root() / "etc");
    write_file_atomically(root() / "etc/passwd",
                          "# comment\n"
                          "root:x:0:0:root:/root:/bin/sh\n"
                          "short:x\n"
                          "alice:x:1000:1001::/home/alice:/bin/sh\n"
                          "bob:x:1002:1002:::\n"
                          "1000:x:5:5::/five:\n"
                          "huge:x:4294967295:1::/:\n");
    write_file_atomically(root() / "etc/group",
                          "root:x:0:\nwheel:x:10:root,alice\nvideo:x:44:alice\nalice:x:1001:\nown:x:1001:alice\n");
  }
  ContainerUser look_up(std::string_view user) const {
    return look_up_user(open_file(root(), O_PATH | O_DIRECTORY), user);
  }
  std::string error(std::string_view user) const {
    return error_of([&] { look_up(user); });
  }
  fs::path root() const { return directory_.path() / "root"; }
  TempDir directory_{fs::temp_directory_path(), "nacre-user-test-"};
};

TEST_F(UserLookup, nobody_named_is_root) {
  EXPECT_EQ(look_up(""), (ContainerUser{0, 0, {0, 10}, "/root"}));
  EXPECT_EQ(look_up(":"), (ContainerUser{0, 0, {0, 10}, "/root"}));
}

TEST_F(UserLookup, a_name_brings_its_groups) {
  EXPECT_EQ(look_up("alice"), (ContainerUser{1000, 1001, {1001, 10, 44}, "/home/alice"}));
  EXPECT_EQ(look_up("bob"), (ContainerUser{1002, 1002, {1002}, "/"}));
}

TEST_F(UserLookup, a_number_is_always_a_uid) {
  EXPECT_EQ(look_up("1000"), (ContainerUser{1000, 1001, {1001, 10, 44}, "/home/alice"}));
  EXPECT_EQ(look_up("4242"), (ContainerUser{4242, 0, {0}, "/"}));
}

TEST_F(UserLookup, a_group_given_replaces_the_users) {
  EXPECT_EQ(look_up("alice:video"), (ContainerUser{1000, 44, {44}, "/home/alice"}));
  EXPECT_EQ(look_up("alice:4242"), (ContainerUser{1000, 4242, {4242}, "/home/alice"}));
  EXPECT_EQ(look_up("7:8"), (ContainerUser{7, 8, {8}, "/"}));
  EXPECT_EQ(look_up(":wheel"), (ContainerUser{0, 10, {10}, "/root"}));
}

TEST_F(UserLookup, errors_are_dockers) {
  EXPECT_EQ(error("x"), "unable to find user x: no matching entries in passwd file");
  EXPECT_EQ(error("short"), "unable to find user short: no matching entries in passwd file");
  EXPECT_EQ(error("0:foo"), "unable to find group foo: no matching entries in group file");
  EXPECT_EQ(error("99999999999"), "uids and gids must be in range 0-2147483647");
  EXPECT_EQ(error("0:99999999999999999999999"), "uids and gids must be in range 0-2147483647");
  EXPECT_EQ(error("-1"), "uids and gids must be in range 0-2147483647");
  EXPECT_EQ(error("huge"), "uids and gids must be in range 0-2147483647");
}

TEST_F(UserLookup, an_image_without_tables_knows_numbers) {
  remove_tree(root() / "etc");
  EXPECT_EQ(look_up("12"), (ContainerUser{12, 0, {0}, "/"}));
  EXPECT_EQ(look_up(""), (ContainerUser{0, 0, {0}, "/"}));
  EXPECT_EQ(error("alice"), "unable to find user alice: no matching entries in passwd file");
}

TEST_F(UserLookup, links_stay_inside_the_root) {
  write_file_atomically(directory_.path() / "outside", "mallory:x:0:0::/:\n");
  remove_file(root() / "etc/passwd");
  ASSERT_EQ(::symlink("../../outside", (root() / "etc/passwd").c_str()), 0);
  EXPECT_EQ(error("mallory"), "unable to find user mallory: no matching entries in passwd file");
  remove_file(root() / "etc/passwd");
  write_file_atomically(root() / "inside", "carol:x:3:3::/:\n");
  ASSERT_EQ(::symlink("/inside", (root() / "etc/passwd").c_str()), 0);
  EXPECT_EQ(look_up("carol").uid, 3U);
}

TEST_F(UserLookup, a_table_that_is_no_file_is_none) {
  remove_file(root() / "etc/passwd");
  ASSERT_EQ(::mkfifo((root() / "etc/passwd").c_str(), 0600), 0);
  EXPECT_EQ(look_up("5").uid, 5U);
}

}  // namespace
}  // namespace nacre::runtime::test
