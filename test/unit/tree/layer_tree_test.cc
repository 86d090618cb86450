#include "tree/layer_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "test/unit/tree/members.h"

namespace nacre::tree {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Code refusal(const std::vector<archive::TarMember>& members) {
  try {
    build(members);
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "was accepted";
  return Code::internal;
}

TEST(LayerTreeBuilder, EmptyLayerIsAnImplicitRoot) {
  EXPECT_THAT(describe(build({})), ElementsAre("/ implicit"));
}

TEST(LayerTreeBuilder, SortsEntriesAsUnsignedBytes) {
  EXPECT_THAT(describe(build({file("\xc3\xa4"), file("b"), file("a"), file("B"), file("-")})),
              ElementsAre("/ implicit", "/- file", "/B file", "/a file", "/b file", "/\xc3\xa4 file"));
}

TEST(LayerTreeBuilder, RootMemberGivesTheRootItsMetadata) {
  for (const char* name : {"./", ".", "/", "./."}) {
    EXPECT_THAT(describe(build({dir(name, 0700)})), ElementsAre("/ dir 700")) << name;
  }
  EXPECT_EQ(refusal({file("./")}), Code::corrupt);
}

TEST(LayerTreeBuilder, CleansPaths) {
  EXPECT_THAT(describe(build({file("/abs"), file("./dot"), file("d//x"), file("a/../b"), file("c/./y/")})),
              ElementsAre("/ implicit", "/abs file", "/b file", "/c implicit", "/c/y file", "/d implicit", "/d/x file",
                          "/dot file"));
}

TEST(LayerTreeBuilder, RefusesPathsThatLeaveTheRoot) {
  for (const char* path : {"../x", "..", "/../x", "a/../../x", "a/b/../../../x"}) {
    EXPECT_EQ(refusal({file(path)}), Code::corrupt) << path;
    EXPECT_EQ(refusal({hard_link("l", path)}), Code::corrupt) << path;
  }
}

TEST(LayerTreeBuilder, NamesTheMemberInErrors) {
  try {
    build({file("../\x1b[31mx")});
    FAIL() << "was accepted";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("member '../\\033[31mx'"));
  }
}

TEST(LayerTreeBuilder, LimitsNamesAndPaths) {
  const std::string longest_name(255, 'n');
  EXPECT_EQ(build({file(longest_name)}).inode_count(), 2U);
  EXPECT_EQ(refusal({file(longest_name + "n")}), Code::corrupt);
  std::string longest_path;
  while (longest_path.size() < 4094) {
    longest_path += "a/";
  }
  EXPECT_EQ(build({file(longest_path + "b")}).inode_count(), 2049U);
  EXPECT_EQ(refusal({file(longest_path + "bc")}), Code::corrupt);
  EXPECT_EQ(refusal({file(std::string("a\0b", 3))}), Code::corrupt);
}

// Each member's path is short, but every symlink leads to where the last one ended.
TEST(LayerTreeBuilder, SymlinksCannotMakeTheTreeDeeperThanAPath) {
  std::string deep;
  for (int i = 0; i < 900; ++i) {
    deep += "d/";
  }
  std::vector<archive::TarMember> members;
  std::string from;
  for (int i = 0; i < 4; ++i) {
    members.push_back(dir(from + deep));
    members.push_back(symlink(fmt::format("s{}", i), from + deep));
    from = fmt::format("s{}/", i);
  }
  EXPECT_EQ(refusal(members), Code::corrupt);
}

TEST(LayerTreeBuilder, LastMemberOfAPathCounts) {
  EXPECT_THAT(describe(build({file("a", 1, 512), file("a", 2, 1024)})), ElementsAre("/ implicit", "/a file 2@0:1024"));
  EXPECT_THAT(describe(build({dir("d", 0700), file("d/x"), dir("d", 0711)})),
              ElementsAre("/ implicit", "/d dir 711", "/d/x file"));
  EXPECT_THAT(describe(build({dir("d"), file("d/x"), file("d")})), ElementsAre("/ implicit", "/d file"));
  EXPECT_THAT(describe(build({file("d"), dir("d"), file("d/x")})),
              ElementsAre("/ implicit", "/d dir 755", "/d/x file"));
  EXPECT_THAT(describe(build({dir("d"), file("d/x"), file("d"), dir("d")})), ElementsAre("/ implicit", "/d dir 755"));
}

TEST(LayerTreeBuilder, DirectoryMemberReplacesASymlink) {
  EXPECT_THAT(describe(build({dir("t"), symlink("l", "t"), dir("l"), file("l/x")})),
              ElementsAre("/ implicit", "/l dir 755", "/l/x file", "/t dir 755"));
}

TEST(LayerTreeBuilder, FollowsParentSymlinksInsideTheRoot) {
  EXPECT_THAT(describe(build({dir("usr/lib"), symlink("lib", "usr/lib"), file("lib/x")})),
              ElementsAre("/ implicit", "/lib -> usr/lib", "/usr implicit", "/usr/lib dir 755", "/usr/lib/x file"));
  EXPECT_THAT(describe(build({symlink("out", "/../../etc"), file("out/passwd")})),
              ElementsAre("/ implicit", "/etc implicit", "/etc/passwd file", "/out -> /../../etc"));
  EXPECT_THAT(describe(build({dir("a/b"), symlink("a/b/up", "../.."), file("a/b/up/x")})),
              ElementsAre("/ implicit", "/a implicit", "/a/b dir 755", "/a/b/up -> ../..", "/x file"));
  EXPECT_EQ(refusal({symlink("x", "y"), symlink("y", "x"), file("x/f")}), Code::corrupt);
  EXPECT_EQ(refusal({file("f"), file("f/g")}), Code::corrupt);
  EXPECT_EQ(refusal({file("f"), symlink("l", "f"), file("l/g")}), Code::corrupt);
}

TEST(LayerTreeBuilder, DoesNotFollowTheLastName) {
  EXPECT_THAT(describe(build({symlink("l", "t"), file("l")})), ElementsAre("/ implicit", "/l file"));
}

TEST(LayerTreeBuilder, Whiteouts) {
  EXPECT_THAT(describe(build({file("d/.wh.x"), file(".wh.y")})),
              ElementsAre("/ implicit", "/d implicit", "/d/x whiteout", "/y whiteout"));
  EXPECT_THAT(describe(build({device("z", 0, 0)})), ElementsAre("/ implicit", "/z whiteout"));
}

TEST(LayerTreeBuilder, WhiteoutBesideWhatReplacesIt) {
  for (const bool whiteout_first : {true, false}) {
    const auto both = [&](archive::TarMember whiteout, archive::TarMember other) {
      return describe(whiteout_first ? build({whiteout, other}) : build({other, whiteout}));
    };
    EXPECT_THAT(both(file(".wh.x"), file("x")), ElementsAre("/ implicit", "/x file"));
    EXPECT_THAT(both(file(".wh.x"), dir("x")), ElementsAre("/ implicit", "/x opaque 755"));
    EXPECT_THAT(both(file(".wh.x"), file("x/y")), ElementsAre("/ implicit", "/x implicit opaque", "/x/y file"));
  }
}

TEST(LayerTreeBuilder, OpaqueMarker) {
  EXPECT_THAT(describe(build({dir("d", 0700), file("d/.wh..wh..opq"), file("d/x")})),
              ElementsAre("/ implicit", "/d opaque 700", "/d/x file"));
  EXPECT_THAT(describe(build({file("d/.wh..wh..opq"), file("d/x"), dir("d", 0700)})),
              ElementsAre("/ implicit", "/d opaque 700", "/d/x file"));
  EXPECT_THAT(describe(build({file("d/.wh..wh..opq")})), ElementsAre("/ implicit", "/d implicit opaque"));
  EXPECT_THAT(describe(build({file(".wh..wh..opq")})), ElementsAre("/ implicit opaque"));
}

TEST(LayerTreeBuilder, LeavesOutWhatAufsKept) {
  EXPECT_THAT(describe(build({file(".wh..wh.aufs"), dir(".wh..wh.plnk"), file(".wh..wh.plnk/12.34", 5, 512),
                              hard_link("a", ".wh..wh.plnk/12.34"), hard_link("b", ".wh..wh.plnk/12.34")})),
              ElementsAre("/ implicit", "/a file 5@0:512 x2", "/b file 5@0:512 x2"));
}

TEST(LayerTreeBuilder, RefusesWhiteoutsOfNothing) {
  for (const char* path : {".wh.", ".wh..", ".wh...", "d/.wh...", ".wh.x/y"}) {
    EXPECT_EQ(refusal({file(path)}), Code::corrupt) << path;
  }
}

TEST(LayerTreeBuilder, HardLinks) {
  EXPECT_THAT(
      describe(build({file("a", 3, 512), hard_link("d/b", "a"), hard_link("c", "./d/b")})),
      ElementsAre("/ implicit", "/a file 3@0:512 x3", "/c file 3@0:512 x3", "/d implicit", "/d/b file 3@0:512 x3"));
  EXPECT_THAT(describe(build({symlink("s", "t"), hard_link("l", "s")})),
              ElementsAre("/ implicit", "/l -> t x2", "/s -> t x2"));
  EXPECT_THAT(describe(build({file("a", 3, 512), hard_link("a", "a")})), ElementsAre("/ implicit", "/a file 3@0:512"));
  EXPECT_EQ(refusal({dir("d"), hard_link("l", "d")}), Code::corrupt);
  EXPECT_EQ(refusal({hard_link("l", "/")}), Code::corrupt);
  EXPECT_EQ(refusal({file("f"), hard_link("l", "f/x")}), Code::corrupt);
}

TEST(LayerTreeBuilder, HardLinkKeepsAFileWhoseFirstNameWasReplaced) {
  EXPECT_THAT(describe(build({file("a", 1, 512), hard_link("b", "a"), file("a", 2, 1024)})),
              ElementsAre("/ implicit", "/a file 2@0:1024", "/b file 1@0:512"));
}

TEST(LayerTreeBuilder, KnowsWhetherItNeedsFilesOfLowerLayers) {
  EXPECT_FALSE(build({}).has_links_below());
  EXPECT_FALSE(build({file("a"), hard_link("b", "a")}).has_links_below());
  EXPECT_TRUE(build({file("a"), hard_link("b", "c")}).has_links_below());
  EXPECT_TRUE(build({hard_link("b", "a"), file("a")}).has_links_below());         // the link was first
  EXPECT_FALSE(build({hard_link("b", "missing"), file("b")}).has_links_below());  // the last one counts
}

TEST(LayerTreeBuilder, HardLinkToALowerLayer) {
  EXPECT_THAT(describe(build({hard_link("l", "/usr/./bin/x"), hard_link("m", "l")})),
              ElementsAre("/ implicit", "/l link below usr/bin/x x2", "/m link below usr/bin/x x2"));
  EXPECT_THAT(describe(build({symlink("bin", "usr/bin"), hard_link("l", "bin/x")})),
              ElementsAre("/ implicit", "/bin -> usr/bin", "/l link below usr/bin/x"));
}

TEST(LayerTreeBuilder, CountsLinksOfDirectories) {
  const FileTree tree = build({dir("a/b"), dir("a/c"), file("a/f")});
  EXPECT_EQ(tree.inode(root_inode).link_count, 3U);
  EXPECT_EQ(tree.inode(*tree.resolve("a", FollowLast::no)).link_count, 4U);
}

TEST(LayerTreeBuilder, KeepsMetadata) {
  archive::TarMember a = file("a", 10, 1536);
  a.mode = 06751;
  a.uid = 4294967295;
  a.gid = 70000;
  a.mtime = {-5, 123456789};
  a.xattrs = {{"user.b", "2"}, {"security.capability", std::string("\0\1", 2)}};
  const FileTree tree = build({a, device("n", 4095, 1048575)});
  const Inode& inode = tree.inode(*tree.resolve("/a", FollowLast::no));
  EXPECT_EQ(inode.mode, 06751);
  EXPECT_EQ(inode.uid, 4294967295U);
  EXPECT_EQ(inode.gid, 70000U);
  EXPECT_EQ(inode.mtime, (Timestamp{-5, 123456789}));
  const auto xattrs = tree.xattrs(*tree.resolve("/a", FollowLast::no));
  ASSERT_EQ(xattrs.size(), 2U);
  EXPECT_EQ(xattrs[0], (Xattr{"security.capability", std::string("\0\1", 2)}));
  EXPECT_EQ(xattrs[1], (Xattr{"user.b", "2"}));
  EXPECT_EQ(describe(tree).back(), "/n char 4095:1048575");
}

TEST(LayerTreeBuilder, RefusesWhatLinuxCannotHold) {
  archive::TarMember big_uid = file("a");
  big_uid.uid = 4294967296;
  EXPECT_EQ(refusal({big_uid}), Code::corrupt);
  archive::TarMember big_gid = file("a");
  big_gid.gid = UINT64_MAX;
  EXPECT_EQ(refusal({big_gid}), Code::corrupt);
  EXPECT_EQ(refusal({device("n", 4096, 0)}), Code::corrupt);
  EXPECT_EQ(refusal({device("n", 0, 1048576)}), Code::corrupt);
  EXPECT_EQ(refusal({symlink("l", "")}), Code::corrupt);
  EXPECT_EQ(refusal({symlink("l", std::string(4096, 'x'))}), Code::corrupt);
  archive::TarMember fat = file("f");
  fat.xattrs = {{"user.fat", std::string(65537, 'x')}};
  EXPECT_EQ(refusal({fat}), Code::corrupt);
  archive::TarMember wordy = file("f");
  wordy.xattrs = {{"user." + std::string(251, 'x'), ""}};
  EXPECT_EQ(refusal({wordy}), Code::corrupt);
  EXPECT_EQ(refusal({file("f", UINT64_MAX, 512)}), Code::corrupt);
  EXPECT_EQ(refusal({file("f", INT64_MAX, 512)}), Code::corrupt);
}

TEST(LayerTreeBuilder, DropsXattrsThatAreNotTheImagesToGive) {
  archive::TarMember a = dir("a");
  a.xattrs = {{"trusted.overlay.opaque", "y"}, {"trusted.overlay.redirect", "/etc"}, {"user.overlay.opaque", "y"},
              {"trusted.nacre.link", "x"},     {"com.apple.provenance", "1"},        {"user.", "empty"},
              {"system.nfs4_acl", "1"},        {"system.posix_acl_default", "acl"},  {"user.kept", "1"}};
  const FileTree tree = build({a});
  const auto xattrs = tree.xattrs(*tree.resolve("a", FollowLast::no));
  ASSERT_EQ(xattrs.size(), 2U);
  EXPECT_EQ(xattrs[0].name, "system.posix_acl_default");
  EXPECT_EQ(xattrs[1].name, "user.kept");
}

TEST(LayerTreeBuilder, SparseFiles) {
  archive::TarMember sparse = file("s", 10000, 512);
  sparse.is_sparse = true;
  sparse.sparse = {{0, 512, 1024}, {512, 512, 1536}, {4096, 0, 2048}, {8192, 1808, 2048}};
  archive::TarMember full = file("f", 1000, 512);
  full.is_sparse = true;
  full.sparse = {{0, 512, 4096}, {512, 488, 4608}};
  const FileTree tree = build({sparse, full});
  const InodeId s = *tree.resolve("s", FollowLast::no);
  EXPECT_TRUE(tree.is_sparse(s));
  const auto extents = tree.extents(s);
  ASSERT_EQ(extents.size(), 2U);
  EXPECT_EQ(extents[0].length, 1024U);
  EXPECT_EQ(extents[1].file_offset, 8192U);
  EXPECT_EQ(extents[1].device_offset, 2048U);
  const InodeId f = *tree.resolve("f", FollowLast::no);
  EXPECT_FALSE(tree.is_sparse(f)) << "a map of one run is a plain file";
  EXPECT_EQ(tree.inode(f).data_offset, 4096U);
  EXPECT_EQ(tree.content_size(), 11000U);
}

// Adds a hundred thousand members that the function makes, or fewer if the tree is refused.
Code fill(const std::function<archive::TarMember(int)>& member) {
  LayerTreeBuilder builder(1 << 20);
  try {
    for (int i = 0; i < 100'000; ++i) {
      builder.add(member(i));
    }
    builder.finish();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("more than 1 MiB of memory"));
    return error.code();
  }
  return Code::internal;
}

TEST(LayerTreeBuilder, NeedsNoMoreMemoryThanItMay) {
  const auto name = [](int i) { return fmt::format("{:06}", i); };
  const auto fat = [&](archive::TarMember member) {
    member.xattrs = {{"user.fat", std::string(60'000, 'x')}};
    return member;
  };
  EXPECT_EQ(fill([&](int i) { return file(name(i)); }), Code::unsupported);
  EXPECT_EQ(fill([&](int) { return file("again and again"); }), Code::unsupported);
  EXPECT_EQ(fill([&](int i) { return file(name(i) + "/" + std::string(250, 'n')); }), Code::unsupported);
  EXPECT_EQ(fill([&](int i) { return symlink(name(i), std::string(4000, 't')); }), Code::unsupported);
  EXPECT_EQ(fill([&](int i) { return hard_link(name(i), "nowhere"); }), Code::unsupported);
  EXPECT_EQ(fill([&](int i) { return fat(file(name(i))); }), Code::unsupported);
  EXPECT_EQ(fill([&](int) { return fat(dir("again and again")); }), Code::unsupported);
  EXPECT_EQ(fill([&](int i) { return file(".wh." + name(i)); }), Code::unsupported);
  const auto deep = [](int i) {
    std::string path = fmt::format("{:06}", i);
    for (int depth = 0; depth < 2000; ++depth) {
      path += "/d";
    }
    return path;
  };
  EXPECT_EQ(fill([&](int i) { return dir(deep(i)); }), Code::unsupported);
}

TEST(LayerTreeBuilder, ManyFilesInOneDirectory) {
  LayerTreeBuilder builder;
  for (int i = 0; i < 100'000; ++i) {
    builder.add(file(fmt::format("d/{}", i * 7919 % 100'000)));
  }
  const FileTree tree = builder.finish();
  const InodeId d = *tree.resolve("d", FollowLast::no);
  EXPECT_EQ(tree.entries(d).size(), 100'000U);
  EXPECT_TRUE(std::ranges::is_sorted(tree.entries(d), {}, &Entry::name));
  EXPECT_TRUE(tree.child(d, "99999"));
  EXPECT_FALSE(tree.child(d, "100000"));
}

}  // namespace
}  // namespace nacre::tree
