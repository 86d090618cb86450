#include "tree/file_tree.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "test/unit/tree/members.h"

namespace nacre::tree {
namespace {

FileTree sample() {
  return build({dir("usr/lib"), file("usr/lib/x", 4, 512), symlink("lib", "usr/lib"), symlink("abs", "/usr/lib/x"),
                symlink("up", "../../../usr"), symlink("usr/lib/rel", "../lib/x"), symlink("loop", "loop"),
                symlink("dangling", "nowhere/x"), symlink("dir-slash", "usr/lib/"),
                symlink("file-slash", "usr/lib/x/")});
}

std::string located(const FileTree& tree, std::string_view path, FollowLast follow = FollowLast::yes) {
  const auto result = tree.locate(path, follow);
  return result ? result->path : "nothing";
}

TEST(FileTree, RootHasManyNames) {
  const FileTree tree = sample();
  for (const char* path : {"", "/", ".", "//", "/.", "..", "/../..", "usr/.."}) {
    EXPECT_EQ(located(tree, path), "/") << path;
    EXPECT_EQ(tree.resolve(path, FollowLast::no), root_inode);
  }
}

TEST(FileTree, ResolvesAsAProcessInside) {
  const FileTree tree = sample();
  EXPECT_EQ(located(tree, "/usr/lib/x"), "/usr/lib/x");
  EXPECT_EQ(located(tree, "lib/x"), "/usr/lib/x");
  EXPECT_EQ(located(tree, "/abs"), "/usr/lib/x");
  EXPECT_EQ(located(tree, "/up/lib/rel"), "/usr/lib/x");
  EXPECT_EQ(located(tree, "/../usr//lib/./x"), "/usr/lib/x");
  EXPECT_EQ(located(tree, "lib/../x"), "nothing") << ".. goes up from where the symlink led";
  EXPECT_EQ(located(tree, "lib/../lib/x"), "/usr/lib/x");
}

TEST(FileTree, FollowsTheLastNameOnlyIfAsked) {
  const FileTree tree = sample();
  EXPECT_EQ(located(tree, "/lib", FollowLast::no), "/lib");
  EXPECT_EQ(tree.target(*tree.resolve("/lib", FollowLast::no)), "usr/lib");
  EXPECT_EQ(located(tree, "/lib", FollowLast::yes), "/usr/lib");
  EXPECT_EQ(located(tree, "/lib/", FollowLast::no), "/usr/lib") << "a slash asks for the directory";
  EXPECT_EQ(located(tree, "dir-slash"), "/usr/lib");
}

TEST(FileTree, MissesAreNothing) {
  const FileTree tree = sample();
  for (const char* path : {"no", "usr/no", "usr/lib/x/", "usr/lib/x/y", "usr/lib/x/..", "dangling", "file-slash"}) {
    EXPECT_EQ(located(tree, path), "nothing") << path;
  }
}

TEST(FileTree, RefusesSymlinkLoops) {
  const FileTree tree = sample();
  EXPECT_EQ(located(tree, "loop", FollowLast::no), "/loop");
  try {
    tree.resolve("loop", FollowLast::yes);
    FAIL() << "resolved";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::invalid_argument);
  }
}

TEST(FileTree, FollowsUpToFortySymlinks) {
  std::vector<archive::TarMember> members{file("0")};
  for (int i = 1; i <= 41; ++i) {
    members.push_back(symlink(std::to_string(i), std::to_string(i - 1)));
  }
  const FileTree tree = build(members);
  EXPECT_EQ(located(tree, "40"), "/0");
  EXPECT_THROW(tree.resolve("41", FollowLast::yes), Error);
}

TEST(FileTree, KnowsParentsAndChildren) {
  const FileTree tree = sample();
  const InodeId usr = *tree.resolve("usr", FollowLast::no);
  const InodeId lib = *tree.resolve("usr/lib", FollowLast::no);
  const InodeId x = *tree.resolve("usr/lib/x", FollowLast::no);
  EXPECT_EQ(tree.parent(lib), usr);
  EXPECT_EQ(tree.parent(usr), root_inode);
  EXPECT_EQ(tree.parent(root_inode), root_inode);
  EXPECT_EQ(tree.child(lib, "x"), x);
  EXPECT_FALSE(tree.child(lib, "y"));
  EXPECT_FALSE(tree.child(x, "y"));
  EXPECT_TRUE(tree.entries(x).empty());
}

TEST(FileTree, NumbersLikeTreesAlike) {
  const FileTree a = build({dir("d"), file("d/x"), file("a"), file("z")});
  const FileTree b = build({file("z"), file("a"), file("d/x"), dir("d")});
  for (const char* path : {"a", "d", "d/x", "z"}) {
    EXPECT_EQ(a.resolve(path, FollowLast::no), b.resolve(path, FollowLast::no)) << path;
  }
  EXPECT_EQ(a.resolve("a", FollowLast::no), 1U) << "the root's entries come right behind it";
  EXPECT_EQ(a.resolve("d/x", FollowLast::no), 4U);
}

TEST(FileTree, NamesSurviveAMove) {
  FileTree tree = build({file("a-name-that-is-too-long-for-a-small-string")});
  const FileTree moved = std::move(tree);
  EXPECT_EQ(moved.entries(root_inode)[0].name, "a-name-that-is-too-long-for-a-small-string");
}

TEST(FileTree, ExtentsOfPlainFiles) {
  const FileTree tree = build({file("f", 100, 1024), file("empty", 0, 2048), dir("d")});
  const auto extents = tree.extents(*tree.resolve("f", FollowLast::no));
  ASSERT_EQ(extents.size(), 1U);
  EXPECT_EQ(extents[0].length, 100U);
  EXPECT_EQ(extents[0].device_offset, 1024U);
  EXPECT_TRUE(tree.extents(*tree.resolve("empty", FollowLast::no)).empty());
  EXPECT_TRUE(tree.extents(*tree.resolve("d", FollowLast::no)).empty());
}

TEST(FileTree, CountsLinkedContentOnce) {
  EXPECT_EQ(build({file("a", 100, 512), hard_link("b", "a"), file("c", 5, 1024)}).content_size(), 105U);
}

}  // namespace
}  // namespace nacre::tree
