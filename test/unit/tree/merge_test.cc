#include "tree/merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "test/unit/tree/members.h"

namespace nacre::tree {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Layers = std::vector<std::vector<archive::TarMember>>;

FileTree merged(const Layers& layers) {
  std::vector<FileTree> trees;
  std::vector<const FileTree*> pointers;
  for (const auto& members : layers) {
    trees.push_back(build(members));
  }
  for (const FileTree& tree : trees) {
    pointers.push_back(&tree);
  }
  return merge(pointers);
}

TEST(Merge, NoLayersAreAnEmptyRoot) {
  EXPECT_THAT(describe(merge({})), ElementsAre("/ dir 755"));
}

TEST(Merge, UpperFilesHideLowerOnes) {
  EXPECT_THAT(describe(merged({{file("a", 1, 512), file("b", 2, 512)}, {file("b", 3, 512), file("c", 4, 512)}})),
              ElementsAre("/ dir 755", "/a file 1@0:512", "/b file 3@1:512", "/c file 4@1:512"));
}

TEST(Merge, DirectoriesUniteAndTheUpperOnesMetadataCounts) {
  EXPECT_THAT(describe(merged({{dir("d", 0700), file("d/a")}, {dir("d", 0711), file("d/b")}})),
              ElementsAre("/ dir 755", "/d dir 711", "/d/a file", "/d/b file"));
}

TEST(Merge, ImplicitDirectoriesKeepTheMetadataBelow) {
  EXPECT_THAT(describe(merged({{dir("./", 0711), dir("d", 0700)}, {file("d/b")}})),
              ElementsAre("/ dir 711", "/d dir 700", "/d/b file"));
  EXPECT_THAT(describe(merged({{}, {file("d/b")}})), ElementsAre("/ dir 755", "/d dir 755", "/d/b file"));
}

TEST(Merge, UpperXattrsReplaceLowerOnes) {
  archive::TarMember below = dir("d");
  below.xattrs = {{"user.a", "1"}};
  archive::TarMember above = dir("d");
  above.xattrs = {{"user.b", "2"}};
  const FileTree tree = merged({{below}, {above}, {file("d/x")}});
  const auto xattrs = tree.xattrs(*tree.resolve("d", FollowLast::no));
  ASSERT_EQ(xattrs.size(), 1U);
  EXPECT_EQ(xattrs[0].name, "user.b");
}

TEST(Merge, WhiteoutsRemoveFilesAndTrees) {
  EXPECT_THAT(describe(merged({{file("a"), file("d/e/f"), file("k")}, {file(".wh.a"), file(".wh.d")}})),
              ElementsAre("/ dir 755", "/k file"));
  EXPECT_THAT(describe(merged({{file("a")}, {file(".wh.nothing"), file("n/.wh.m")}})),
              ElementsAre("/ dir 755", "/a file", "/n dir 755"));
}

TEST(Merge, WhatWasRemovedDoesNotComeBack) {
  EXPECT_THAT(describe(merged({{dir("d", 0700), file("d/old")}, {file(".wh.d")}, {file("d/new")}})),
              ElementsAre("/ dir 755", "/d dir 755", "/d/new file"));
  EXPECT_THAT(describe(merged({{file("d/old")}, {file("d")}, {dir("d", 0711)}})),
              ElementsAre("/ dir 755", "/d dir 711"));
}

TEST(Merge, WhiteoutsDoNotHideTheirOwnLayer) {
  EXPECT_THAT(describe(merged({{file("d/old"), file("a", 1, 512)},
                               {file("d/new"), file(".wh.d"), file("a", 2, 512), file(".wh.a")}})),
              ElementsAre("/ dir 755", "/a file 2@1:512", "/d dir 755", "/d/new file"));
}

TEST(Merge, OpaqueDirectories) {
  EXPECT_THAT(describe(merged({{dir("d", 0700), file("d/old"), file("d/s/x")},
                               {dir("d", 0711), file("d/.wh..wh..opq"), file("d/new"), file("d/s/y")}})),
              ElementsAre("/ dir 755", "/d dir 711", "/d/new file", "/d/s dir 755", "/d/s/y file"));
  EXPECT_THAT(describe(merged({{dir("d", 0700), file("d/old")}, {file("d/.wh..wh..opq"), file("d/new")}})),
              ElementsAre("/ dir 755", "/d dir 700", "/d/new file"))
      << "an implicit one keeps the metadata below";
  EXPECT_THAT(describe(merged({{file("d")}, {file("d/.wh..wh..opq")}})), ElementsAre("/ dir 755", "/d dir 755"));
}

TEST(Merge, OpaqueRoot) {
  EXPECT_THAT(describe(merged({{dir("./", 0700), file("a"), file("d/b")}, {file(".wh..wh..opq"), file("d/c")}})),
              ElementsAre("/ dir 700", "/d dir 755", "/d/c file"));
}

TEST(Merge, FilesAndDirectoriesReplaceEachOther) {
  EXPECT_THAT(describe(merged({{file("d/x")}, {file("d", 1, 512)}})), ElementsAre("/ dir 755", "/d file 1@1:512"));
  EXPECT_THAT(describe(merged({{file("d")}, {dir("d", 0700), file("d/x")}})),
              ElementsAre("/ dir 755", "/d dir 700", "/d/x file"));
  EXPECT_THAT(describe(merged({{dir("t"), symlink("d", "t")}, {file("d/x")}})),
              ElementsAre("/ dir 755", "/d dir 755", "/d/x file", "/t dir 755"))
      << "layers do not see each other's symlinks";
  EXPECT_THAT(describe(merged({{file("d/x")}, {symlink("d", "t")}})), ElementsAre("/ dir 755", "/d -> t"));
}

TEST(Merge, HardLinksStayTogether) {
  EXPECT_THAT(describe(merged({{file("a", 1, 512), hard_link("b", "a"), hard_link("c", "a")}, {file("b", 2, 512)}})),
              ElementsAre("/ dir 755", "/a file 1@0:512 x2", "/b file 2@1:512", "/c file 1@0:512 x2"));
}

TEST(Merge, HardLinksIntoLowerLayers) {
  EXPECT_THAT(
      describe(merged({{file("d/a", 1, 512)}, {hard_link("b", "d/a")}, {hard_link("c", "b")}})),
      ElementsAre("/ dir 755", "/b file 1@0:512 x3", "/c file 1@0:512 x3", "/d dir 755", "/d/a file 1@0:512 x3"));
  EXPECT_THAT(describe(merged({{file("a", 1, 512)}, {hard_link("b", "a"), file(".wh.a")}})),
              ElementsAre("/ dir 755", "/b file 1@0:512"));
  EXPECT_THAT(describe(merged({{file("a", 1, 512)}, {hard_link("b", "a"), file("a", 2, 512)}})),
              ElementsAre("/ dir 755", "/a file 2@1:512", "/b file 1@0:512"));
  EXPECT_THAT(describe(merged({{file("usr/a", 1, 512), symlink("u", "usr")}, {hard_link("b", "u/a")}})),
              ElementsAre("/ dir 755", "/b file 1@0:512 x2", "/u -> usr", "/usr dir 755", "/usr/a file 1@0:512 x2"));
  EXPECT_THAT(describe(merged({{symlink("s", "t")}, {hard_link("l", "s")}})),
              ElementsAre("/ dir 755", "/l -> t x2", "/s -> t x2"));
  EXPECT_THAT(describe(merged({{file("a", 1, 512)}, {hard_link("a", "a")}})),
              ElementsAre("/ dir 755", "/a file 1@0:512"));
}

TEST(Merge, HardLinksToNothingAreCorrupt) {
  for (const Layers& layers :
       {Layers{{hard_link("l", "a")}}, Layers{{file("a")}, {file(".wh.a")}, {hard_link("l", "a")}},
        Layers{{dir("a")}, {hard_link("l", "a")}}, Layers{{file("a")}, {hard_link("l", "a/b")}}}) {
    try {
      merged(layers);
      ADD_FAILURE() << "was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::corrupt);
      EXPECT_THAT(error.message(), HasSubstr("hard link to 'a"));
    }
  }
}

TEST(Merge, SparseFilesKeepTheirMaps) {
  archive::TarMember sparse = file("s", 8192, 512);
  sparse.is_sparse = true;
  sparse.sparse = {{4096, 512, 1024}};
  const FileTree tree = merged({{}, {sparse}});
  const InodeId s = *tree.resolve("s", FollowLast::no);
  EXPECT_TRUE(tree.is_sparse(s));
  EXPECT_EQ(tree.inode(s).device, 1);
  ASSERT_EQ(tree.extents(s).size(), 1U);
  EXPECT_EQ(tree.extents(s)[0].device_offset, 1024U);
}

// Each layer touches the shared directory and removes what the one before added.
TEST(Merge, FiveHundredLayers) {
  Layers layers;
  for (int i = 0; i < 500; ++i) {
    layers.push_back({file(fmt::format("d/{}", i), 1, 512), file(fmt::format("keep/{}", i), 1, 512)});
    if (i > 0) {
      layers.back().push_back(file(fmt::format("d/.wh.{}", i - 1)));
    }
  }
  const FileTree tree = merged(layers);
  EXPECT_EQ(tree.entries(*tree.resolve("d", FollowLast::no)).size(), 1U);
  EXPECT_EQ(tree.entries(*tree.resolve("keep", FollowLast::no)).size(), 500U);
  EXPECT_EQ(tree.inode(*tree.resolve("keep/499", FollowLast::no)).device, 499);
}

TEST(Merge, LayersMayGoOnceTheyAreAdded) {
  StackMerger merger;
  for (const char* name : {"one", "two", "three"}) {
    archive::TarMember member = file(std::string(name) + "-and-more-than-a-short-string-holds", 1, 512);
    member.xattrs = {{"user.name", name}};
    merger.add(build({member, symlink(std::string("l-") + name, name)}));
  }
  const FileTree tree = merger.finish();
  EXPECT_THAT(describe(tree), ElementsAre("/ dir 755", "/l-one -> one", "/l-three -> three", "/l-two -> two",
                                          "/one-and-more-than-a-short-string-holds file 1@0:512",
                                          "/three-and-more-than-a-short-string-holds file 1@2:512",
                                          "/two-and-more-than-a-short-string-holds file 1@1:512"));
  EXPECT_EQ(tree.xattrs(*tree.resolve("two-and-more-than-a-short-string-holds", FollowLast::no))[0].value, "two");
}

TEST(Merge, RefusesWhatNeedsTooMuchMemory) {
  const FileTree layer = build({file("again"), file("and again")});
  StackMerger merger(1 << 20);
  const auto add_without_end = [&] {
    for (int i = 0; i < 100'000; ++i) {
      merger.add(layer);
    }
  };
  EXPECT_THROW(add_without_end(), Error);
}

TEST(Merge, DeepTrees) {
  std::string path;
  for (int i = 0; i < 2000; ++i) {
    path += "d/";
  }
  const FileTree tree = merged({{file(path + "a")}, {file(path + "b")}, {file("d/.wh.d")}});
  EXPECT_THAT(describe(tree), ElementsAre("/ dir 755", "/d dir 755"));
  EXPECT_EQ(merged({{file(path + "a")}, {file(path + "b")}}).inode_count(), 2003U);
}

}  // namespace
}  // namespace nacre::tree
