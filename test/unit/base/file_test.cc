#include "base/file.h"

#include <array>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "test/unit/base/support.h"

namespace nacre {
namespace {

using testing::Scratch;
using testing::write_text;

template <class Body>
Code code_of(Body body) {
  try {
    body();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return Code::internal;
}

TEST(File, ReadFileRefusesMoreThanAllowed) {
  const Scratch scratch;
  write_text(scratch / "f", std::string(100'000, 'x'));
  EXPECT_EQ(read_file(scratch / "f", 100'000).size(), 100'000U);
  EXPECT_EQ(code_of([&] { read_file(scratch / "f", 99'999); }), Code::invalid_argument);
  EXPECT_EQ(code_of([&] { read_file(scratch / "none", 1); }), Code::not_found);
}

TEST(File, ExactReadsNoticeTheEnd) {
  const Scratch scratch;
  write_text(scratch / "f", "abc");
  const Fd file = open_file(scratch / "f", O_RDONLY);
  std::array<std::byte, 4> buffer{};
  EXPECT_EQ(read_up_to_at(file, buffer, 1), 2U);
  EXPECT_EQ(code_of([&] { read_exactly_at(file, buffer, 0); }), Code::corrupt);
}

TEST(File, PathsInARootNeverLeaveIt) {
  const Scratch scratch;
  make_directories(scratch / "root/sub");
  write_text(scratch / "secret", "outside");
  write_text(scratch / "root/secret", "inside");
  ASSERT_EQ(::symlink("../../secret", (scratch / "root/sub/relative").c_str()), 0);
  ASSERT_EQ(::symlink("/secret", (scratch / "root/sub/absolute").c_str()), 0);
  const Fd root = open_file(scratch / "root", O_PATH | O_DIRECTORY);
  for (const char* path : {"sub/relative", "sub/absolute", "../secret", "/secret", "sub/../../../secret"}) {
    const Fd file = open_in_root(root, path, O_RDONLY);
    std::array<std::byte, 6> buffer{};
    read_exactly_at(file, buffer, 0);
    EXPECT_EQ(as_text(buffer), "inside") << path;
  }
}

TEST(File, CopyRangeCopiesExactly) {
  const Scratch scratch;
  std::string content;
  for (int i = 0; i < 100'000; ++i) {
    content += static_cast<char>('a' + i % 26);
  }
  write_text(scratch / "from", content);
  const Fd from = open_file(scratch / "from", O_RDONLY);
  {
    const Fd to = open_file(scratch / "to", O_WRONLY | O_CREAT);
    copy_range(from, 10, 90'000, to);
  }
  EXPECT_EQ(read_file(scratch / "to", 1 << 20), content.substr(10, 90'000));
  const Fd to = open_file(scratch / "short", O_WRONLY | O_CREAT);
  EXPECT_EQ(code_of([&] { copy_range(from, 0, content.size() + 1, to); }), Code::corrupt);
}

TEST(File, RenameNewNeverReplaces) {
  const Scratch scratch;
  write_text(scratch / "a", "a");
  write_text(scratch / "b", "b");
  EXPECT_FALSE(rename_new(scratch / "a", scratch / "b"));
  EXPECT_EQ(read_file(scratch / "b", 10), "b");
  EXPECT_TRUE(rename_new(scratch / "a", scratch / "c"));
  EXPECT_FALSE(path_exists(scratch / "a"));
}

TEST(File, MakeDirectoriesIsIdempotentAndRefusesFiles) {
  const Scratch scratch;
  make_directories(scratch / "a/b/c");
  make_directories(scratch / "a/b/c");
  EXPECT_TRUE(fs::is_directory(scratch / "a/b/c"));
  write_text(scratch / "file", "");
  EXPECT_EQ(code_of([&] { make_directories(scratch / "file"); }), Code::already_exists);
}

TEST(File, AtomicWritesLeaveNoTemporaryFile) {
  const Scratch scratch;
  write_file_atomically(scratch / "f", "old");
  write_file_atomically(scratch / "f", "new", 0600);
  EXPECT_EQ(read_file(scratch / "f", 10), "new");
  EXPECT_EQ(list_directory(scratch.path()), std::vector<std::string>{"f"});
}

TEST(RemoveTree, CountsWhatTheFileSystemGivesBack) {
  const Scratch scratch;
  make_directories(scratch / "t/sub");
  write_text(scratch / "t/sub/big", std::string(1 << 20, 'x'));
  ASSERT_EQ(::link((scratch / "t/sub/big").c_str(), (scratch / "kept").c_str()), 0);
  EXPECT_LT(remove_tree(scratch / "t"), 1U << 20) << "the file still has a name outside";
  EXPECT_FALSE(path_exists(scratch / "t"));
  EXPECT_GE(remove_tree(scratch / "kept"), 1U << 20);
  EXPECT_EQ(remove_tree(scratch / "kept"), 0U);
}

TEST(RemoveTree, NeverFollowsSymlinks) {
  const Scratch scratch;
  make_directories(scratch / "outside");
  write_text(scratch / "outside/precious", "x");
  make_directories(scratch / "t");
  ASSERT_EQ(::symlink("../outside", (scratch / "t/link").c_str()), 0);
  remove_tree(scratch / "t");
  EXPECT_TRUE(path_exists(scratch / "outside/precious"));
}

TEST(RemoveTree, GoesDeeperThanAPathCanBe) {
  const Scratch scratch;
  make_directories(scratch / "t");
  Fd directory = open_file(scratch / "t", O_PATH | O_DIRECTORY);
  const std::string name(200, 'd');
  for (int depth = 0; depth < 100; ++depth) {
    ASSERT_EQ(::mkdirat(directory.get(), name.c_str(), 0755), 0);
    directory = open_at(directory, name, O_PATH | O_DIRECTORY);
  }
  remove_tree(scratch / "t");
  EXPECT_FALSE(path_exists(scratch / "t"));
}

TEST(MappedFile, ShowsTheFile) {
  const Scratch scratch;
  write_text(scratch / "f", "mapped");
  EXPECT_EQ(as_text(MappedFile(open_file(scratch / "f", O_RDONLY)).bytes()), "mapped");
  write_text(scratch / "empty", "");
  EXPECT_TRUE(MappedFile(open_file(scratch / "empty", O_RDONLY)).bytes().empty());
}

}  // namespace
}  // namespace nacre
