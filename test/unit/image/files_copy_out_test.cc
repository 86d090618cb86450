// What `cp` makes of an image's files: the rules of `docker cp`, and that nothing lands where it should not.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/files.h"
#include "image_test_support.h"

namespace nacre::image {
namespace {

using archive::MemberType;
using test::directory_member;
using test::error_of;
using test::file_member;
using test::link_member;
using test::noise;
using test::slurp;
using test::spill;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using tree::FollowLast;

struct stat status_of(const fs::path& path) {
  struct stat info{};
  EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
  return info;
}

class CopyOutTest : public test::ImageTest {
 protected:
  CopyOutTest() { fs::create_directory(host()); }

  fs::path host() const { return directory() / "host"; }
  ImageFiles open(const std::vector<test::Member>& members) {
    return ImageFiles::open(store(), record(put({.tars = {test::tar_of(members)}})), {});
  }
  // destination: relative to host()
  void copy(const ImageFiles& files, std::string_view path, const std::string& destination,
            FollowLast follow = FollowLast::no) {
    copy_out(files, path, host().native() + "/" + destination, follow, KeepOwner::no, {});
  }
  std::vector<std::string> listed(const std::string& path = {}) { return list_directory(host() / path); }
};

const std::vector<test::Member> site = {
    directory_member("srv"),
    directory_member("srv/sub"),
    file_member("srv/page", "page"),
    file_member("srv/sub/deep", "deep"),
};

TEST_F(CopyOutTest, AFileGoesToANameOrIntoADirectory) {
  const auto files = open(site);
  copy(files, "/srv/page", "renamed");
  EXPECT_EQ(slurp(host() / "renamed"), "page");
  fs::create_directory(host() / "into");
  copy(files, "/srv/page", "into");
  copy(files, "srv/sub/deep", "into/");
  EXPECT_THAT(listed("into"), ElementsAre("deep", "page"));

  EXPECT_EQ(error_of([&] { copy(files, "/srv/page", "missing/"); })->code(), Code::not_found);
  EXPECT_EQ(error_of([&] { copy(files, "/srv/page", "missing/name"); })->code(), Code::not_found);
  EXPECT_EQ(error_of([&] { copy(files, "/srv/none", "x"); })->code(), Code::not_found);
  EXPECT_THAT(listed(), ElementsAre("into", "renamed"));
}

TEST_F(CopyOutTest, ADirectoryGoesToANewOneOrIntoAnExistingOne) {
  const auto files = open(site);
  copy(files, "/srv", "new");
  EXPECT_THAT(listed("new"), ElementsAre("page", "sub"));
  fs::create_directory(host() / "old");
  copy(files, "/srv", "old");
  EXPECT_THAT(listed("old"), ElementsAre("srv"));
  EXPECT_EQ(slurp(host() / "old/srv/sub/deep"), "deep");
  copy(files, "/srv/", "slash/");
  EXPECT_THAT(listed("slash"), ElementsAre("page", "sub"));

  spill(host() / "file", "before");
  EXPECT_EQ(error_of([&] { copy(files, "/srv", "file"); })->code(), Code::invalid_argument);
  EXPECT_EQ(slurp(host() / "file"), "before");
}

TEST_F(CopyOutTest, ADotMeansTheContent) {
  const auto files = open(site);
  fs::create_directory(host() / "old");
  spill(host() / "old/mine", "mine");
  copy(files, "/srv/.", "old");
  EXPECT_THAT(listed("old"), ElementsAre("mine", "page", "sub"));
  copy(files, "/srv/.", "new");
  EXPECT_THAT(listed("new"), ElementsAre("page", "sub"));
  fs::create_directory(host() / "root");
  copy(files, "/", "root");
  EXPECT_THAT(listed("root"), ElementsAre("srv"));
}

TEST_F(CopyOutTest, WhatIsThereIsReplacedButNotADirectoryByAFile) {
  const auto files = open(site);
  spill(host() / "page", "old and longer");
  copy(files, "/srv/page", "page");
  EXPECT_EQ(slurp(host() / "page"), "page");
  fs::create_directories(host() / "srv/page");
  const auto error = error_of([&] { copy(files, "/srv", ""); });
  ASSERT_TRUE(error.has_value());
  EXPECT_THAT(error->message(), HasSubstr("cannot overwrite directory"));
  EXPECT_TRUE(fs::is_directory(host() / "srv/page"));
}

TEST_F(CopyOutTest, ALinkIsCopiedAsALinkUnlessFollowed) {
  const auto files =
      open({directory_member("dir"), file_member("dir/file", "data"),
            link_member("link", MemberType::symlink, "dir/file"), link_member("folder", MemberType::symlink, "/dir")});
  copy(files, "/link", "link");
  EXPECT_EQ(fs::read_symlink(host() / "link"), "dir/file");
  copy(files, "/link", "followed", FollowLast::yes);
  EXPECT_FALSE(fs::is_symlink(host() / "followed"));
  EXPECT_EQ(slurp(host() / "followed"), "data");
  copy(files, "/folder", "followed-folder", FollowLast::yes);
  EXPECT_THAT(listed("followed-folder"), ElementsAre("file"));
  copy(files, "/folder/file", "through");  // a link on the way is always followed
  EXPECT_EQ(slurp(host() / "through"), "data");
}

TEST_F(CopyOutTest, AFollowedLinkKeepsItsNameInADirectory) {
  const auto files =
      open({directory_member("dir"), file_member("dir/file", "data"),
            link_member("link", MemberType::symlink, "second"), link_member("second", MemberType::symlink, "dir/file"),
            link_member("folder", MemberType::symlink, "/dir"), link_member("dir/top", MemberType::symlink, "/")});
  fs::create_directory(host() / "into");
  copy(files, "/link", "into", FollowLast::yes);
  EXPECT_EQ(slurp(host() / "into/link"), "data");
  EXPECT_FALSE(fs::is_symlink(host() / "into/link"));
  copy(files, "/folder", "into", FollowLast::yes);
  EXPECT_EQ(slurp(host() / "into/folder/file"), "data");
  EXPECT_THAT(listed("into"), ElementsAre("folder", "link"));
  // Only the link itself has a name to keep: neither one on the way nor ".." is one.
  fs::create_directory(host() / "others");
  copy(files, "/folder/file", "others", FollowLast::yes);
  copy(files, "/folder/top", "others", FollowLast::yes);
  EXPECT_THAT(listed("others"), ElementsAre("file", "top"));
  EXPECT_EQ(slurp(host() / "others/top/dir/file"), "data");
  fs::create_directory(host() / "root");
  copy(files, "/dir/..", "root", FollowLast::yes);
  EXPECT_THAT(listed("root"), ElementsAre("dir", "folder", "link", "second"));
  fs::create_directory(host() / "content");
  copy(files, "/folder/.", "content", FollowLast::yes);
  EXPECT_THAT(listed("content"), ElementsAre("file", "top"));
}

TEST_F(CopyOutTest, NothingIsWrittenThroughALink) {
  const auto outside = directory() / "outside";
  fs::create_directory(outside);
  spill(outside / "passwd", "untouched");
  const auto files = open(site);

  // A link where a file shall go is replaced, not followed.
  fs::create_symlink(outside / "passwd", host() / "page");
  copy(files, "/srv/page", "page");
  EXPECT_FALSE(fs::is_symlink(host() / "page"));
  EXPECT_EQ(slurp(outside / "passwd"), "untouched");

  // A link where a directory shall go ends the copy.
  fs::create_directory(host() / "srv");
  fs::create_symlink(outside, host() / "srv/sub");
  EXPECT_TRUE(error_of([&] { copy(files, "/srv", ""); }).has_value());
  EXPECT_THAT(list_directory(outside), ElementsAre("passwd"));
}

TEST_F(CopyOutTest, ModesAndTimesComeAlong) {
  auto members = site;
  members[0].header.mode = 0550;  // nobody may write into it, and yet it is filled
  for (auto& member : members) {
    member.header.mtime = Timestamp{1'000'000'000, 123'456'789};
  }
  members.push_back(file_member("srv/tool", "x", 04751));
  const auto files = open(members);
  copy(files, "/srv", "copy");
  EXPECT_EQ(status_of(host() / "copy").st_mode & 07777U, 0550U);
  EXPECT_EQ(status_of(host() / "copy/page").st_mode & 07777U, 0644U);
  for (const char* path : {"copy", "copy/page", "copy/sub", "copy/sub/deep"}) {
    EXPECT_EQ(status_of(host() / path).st_mtim.tv_sec, 1'000'000'000) << path;
    EXPECT_EQ(status_of(host() / path).st_mtim.tv_nsec, 123'456'789) << path;
  }
  // The file is now the user's: with its setuid bit it would be a program that runs as them.
  EXPECT_EQ(status_of(host() / "copy/tool").st_mode & 07777U, 0751U);
  EXPECT_EQ(status_of(host() / "copy/tool").st_uid, ::geteuid());
  fs::permissions(host() / "copy", fs::perms::owner_all);
}

TEST_F(CopyOutTest, OwnersComeAlongWhenAskedFor) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root gives files away";
  }
  auto member = file_member("tool", "x", 04755);
  member.header.uid = 1234;
  member.header.gid = 5678;
  auto link = link_member("link", MemberType::symlink, "tool");
  link.header.uid = 1234;
  const auto files = open({member, link});
  for (const char* path : {"tool", "link"}) {
    copy_out(files, path, host() / path, FollowLast::no, KeepOwner::yes, {});
    EXPECT_EQ(status_of(host() / path).st_uid, 1234U) << path;
  }
  EXPECT_EQ(status_of(host() / "tool").st_gid, 5678U);
  EXPECT_EQ(status_of(host() / "tool").st_mode & 07777U, 04755U);
}

TEST_F(CopyOutTest, HardLinksStayOneFile) {
  const auto files = open({directory_member("d"), file_member("d/a", "data"),
                           link_member("d/b", MemberType::hard_link, "d/a"), link_member("d/p", MemberType::fifo, "")});
  copy(files, "/d", "d");
  EXPECT_EQ(status_of(host() / "d/a").st_ino, status_of(host() / "d/b").st_ino);
  EXPECT_TRUE(fs::is_fifo(host() / "d/p"));
  copy(files, "/d/b", "alone");
  EXPECT_EQ(slurp(host() / "alone"), "data");
}

TEST_F(CopyOutTest, HalfAFileIsNotLeftBehind) {
  const auto id = put({.tars = {test::make_tar({{"a", noise(600'000)}})}});
  const auto files = ImageFiles::open(store(), record(id), {});
  fs::resize_file(store().layout().layer_tar(record(id).layers[0]), 400'000);
  EXPECT_EQ(error_of([&] { copy(files, "/a", "a"); })->code(), Code::corrupt);
  EXPECT_THAT(listed(), IsEmpty());

  const CancelToken cancel;
  cancel.request();
  EXPECT_THROW(copy_out(files, "/a", host() / "a", FollowLast::no, KeepOwner::no, cancel), Cancelled);
  EXPECT_THAT(listed(), IsEmpty());
}

class CopyOutAsTarTest : public CopyOutTest {
 protected:
  std::vector<test::Member> copied(const ImageFiles& files, std::string_view path, FollowLast follow = FollowLast::no) {
    const Fd out = open_file(directory() / "out.tar", O_WRONLY | O_CREAT | O_TRUNC);
    copy_out_as_tar(files, path, *archive::fd_sink(out), follow, {});
    return test::read_members(directory() / "out.tar");
  }
  static std::vector<std::string> paths_of(const std::vector<test::Member>& members) {
    std::vector<std::string> paths;
    for (const auto& member : members) {
      paths.push_back(member.header.path);
    }
    return paths;
  }
};

TEST_F(CopyOutAsTarTest, MembersAreNamedFromTheLastComponentOn) {
  const auto files = open(site);
  EXPECT_THAT(paths_of(copied(files, "/srv/page")), ElementsAre("page"));
  EXPECT_THAT(paths_of(copied(files, "/srv")), ElementsAre("srv/", "srv/page", "srv/sub/", "srv/sub/deep"));
  EXPECT_THAT(paths_of(copied(files, "/srv/sub/")), ElementsAre("sub/", "sub/deep"));
  EXPECT_THAT(paths_of(copied(files, "/srv/sub/.")), ElementsAre("./", "./deep"));
  EXPECT_EQ(error_of([&] { copied(files, "/none"); })->code(), Code::not_found);
}

TEST_F(CopyOutAsTarTest, EverythingOfAFileComesAlong) {
  auto file = file_member("d/file", noise(100'000), 04755);
  file.header.uid = 12;
  file.header.gid = 34;
  file.header.mtime = Timestamp{1'000'000'000, 5};
  file.header.xattrs = {{"user.note", std::string("a\0b", 3)}};
  auto device = link_member("d/null", MemberType::char_device, "");
  device.header.device_major = 1;
  device.header.device_minor = 3;
  const auto members =
      copied(open({directory_member("d", 01777), file, device, link_member("d/hard", MemberType::hard_link, "d/file"),
                   link_member("d/soft", MemberType::symlink, "file")}),
             "/d");
  ASSERT_THAT(paths_of(members), ElementsAre("d/", "d/file", "d/hard", "d/null", "d/soft"));
  EXPECT_EQ(members[0].header.mode, 01777U);
  EXPECT_TRUE(members[1].data == file.data);
  EXPECT_EQ(members[1].header.mode, 04755U);
  EXPECT_EQ(members[1].header.uid, 12U);
  EXPECT_EQ(members[1].header.gid, 34U);
  EXPECT_EQ(members[1].header.mtime, file.header.mtime);
  EXPECT_EQ(members[1].header.xattrs, file.header.xattrs);
  EXPECT_EQ(members[2].header.type, MemberType::hard_link);
  EXPECT_EQ(members[2].header.link_target, "d/file");
  EXPECT_EQ(members[3].header.type, MemberType::char_device);
  EXPECT_EQ(members[3].header.device_minor, 3U);
  EXPECT_EQ(members[4].header.type, MemberType::symlink);
  EXPECT_EQ(members[4].header.link_target, "file");
}

TEST_F(CopyOutAsTarTest, ALinkIsFollowedWhenAskedFor) {
  const auto files = open({file_member("file", "data"), link_member("link", MemberType::symlink, "file")});
  EXPECT_EQ(copied(files, "/link").at(0).header.type, MemberType::symlink);
  EXPECT_EQ(copied(files, "/link", FollowLast::yes).at(0).data, "data");
}

}  // namespace
}  // namespace nacre::image
