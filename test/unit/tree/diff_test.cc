#include "tree/diff.h"

#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/unit/tree/members.h"

namespace nacre::tree {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

bool never_asked(InodeId, InodeId) {
  ADD_FAILURE() << "content was compared";
  return false;
}
bool same(InodeId, InodeId) {
  return true;
}

std::vector<std::string> changes(const FileTree& a, const FileTree& b, const SameContent& same_content = never_asked) {
  std::vector<std::string> lines;
  for (const Change& change : diff(a, b, same_content)) {
    const char* letter = change.kind == ChangeKind::added ? "A" : change.kind == ChangeKind::removed ? "D" : "M";
    lines.push_back(fmt::format("{} {}", letter, change.path));
    if (!change.aspects.empty()) {
      lines.back() += fmt::format(" {}", fmt::join(change.aspects, ","));
    }
  }
  return lines;
}

TEST(Diff, LikeTreesDoNotDiffer) {
  const std::vector<archive::TarMember> members{dir("d"), file("d/x"), symlink("l", "d")};
  EXPECT_THAT(changes(build(members), build(members)), IsEmpty());
}

TEST(Diff, AddedAndRemoved) {
  const FileTree a = build({file("both"), file("gone"), file("old/a"), file("old/b/c")});
  const FileTree b = build({file("both"), file("new/x"), file("zz")});
  EXPECT_THAT(changes(a, b),
              ElementsAre("D /gone", "A /new", "A /new/x", "D /old", "D /old/a", "D /old/b", "D /old/b/c", "A /zz"));
}

TEST(Diff, GoesNameByName) {
  EXPECT_THAT(changes(build({}), build({file("a.txt"), file("a/b")})), ElementsAre("A /a", "A /a/b", "A /a.txt"));
}

TEST(Diff, NamesWhatDiffers) {
  archive::TarMember before = file("f", 5, 512);
  archive::TarMember after = file("f", 6, 512);
  after.mode = 0755;
  after.uid = 1;
  after.mtime = {1, 0};
  after.xattrs = {{"user.a", "1"}};
  EXPECT_THAT(changes(build({before}), build({after})), ElementsAre("M /f mode,owner,size,content,mtime,xattrs"));
  EXPECT_THAT(changes(build({symlink("l", "a")}), build({symlink("l", "b")})), ElementsAre("M /l target"));
  EXPECT_THAT(changes(build({device("n", 1, 3)}), build({device("n", 1, 5)})), ElementsAre("M /n device"));
  EXPECT_THAT(changes(build({dir(".", 0755)}), build({dir(".", 0700)})), ElementsAre("M / mode"));
}

TEST(Diff, AsksForContentOnlyWhenNothingElseDecides) {
  const FileTree a = build({file("f", 5, 512), hard_link("g", "f"), file("empty")});
  const FileTree b = build({file("f", 5, 1024), hard_link("g", "f"), file("empty")});
  int asked = 0;
  EXPECT_THAT(changes(a, b,
                      [&](InodeId, InodeId) {
                        ++asked;
                        return false;
                      }),
              ElementsAre("M /f content", "M /g content"));
  EXPECT_EQ(asked, 1) << "a hard-linked file is read once";
  EXPECT_THAT(changes(a, b, same), IsEmpty());
}

TEST(Diff, OnlyTheTimeOfADirectoryIsNoChange) {
  archive::TarMember before = dir("d");
  archive::TarMember after = dir("d");
  after.mtime = {1, 0};
  EXPECT_THAT(changes(build({before}), build({after})), IsEmpty());
  after.mode = 0700;
  EXPECT_THAT(changes(build({before}), build({after})), ElementsAre("M /d mode,mtime"));
  archive::TarMember touched = file("f");
  touched.mtime = {1, 0};
  EXPECT_THAT(changes(build({file("f")}), build({touched})), ElementsAre("M /f mtime"));
}

TEST(Diff, TypeChanges) {
  const FileTree a = build({file("d/x")});
  const FileTree b = build({file("d")});
  EXPECT_THAT(changes(a, b), ElementsAre("M /d type", "D /d/x"));
  EXPECT_THAT(changes(b, a), ElementsAre("M /d type", "A /d/x"));
}

}  // namespace
}  // namespace nacre::tree
