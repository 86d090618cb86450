// Images written and read back, without a kernel.
#include <array>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "erofs/image_reader.h"
#include "erofs/image_writer.h"
#include "test/unit/erofs/image_support.h"
#include "test/unit/tree/members.h"
#include "tree/merge.h"

namespace nacre::erofs {
namespace {

using archive::TarMember;
using tree::build;
using tree::FileTree;
using tree::FollowLast;

constexpr std::array<std::uint64_t, 1> mebibyte{1024 * 1024};

void expect_round_trip(const FileTree& tree, std::span<const std::uint64_t> device_sizes = mebibyte) {
  const std::string image = image_of(tree, device_sizes);
  const FileTree back = read_image(as_bytes(image));
  expect_same(tree, back);
  EXPECT_EQ(image, image_of(back, device_sizes)) << "the same tree gives the same bytes";
}

TEST(Image, EmptyTree) {
  expect_round_trip(build({}));
}

TEST(Image, EveryTypeOfFile) {
  TarMember odd = tree::file("odd", 700, 4096);
  odd.mode = 07777;
  odd.uid = 70000;
  odd.gid = 4294967294;
  odd.mtime = {-1, 999999999};
  TarMember block = tree::device("block", 8, 1048575);
  block.type = archive::MemberType::block_device;
  expect_round_trip(build({tree::dir("./", 0700), tree::file("empty"), odd, tree::symlink("link", "target"),
                           tree::device("char", 4095, 3), block, tree::member(archive::MemberType::fifo, "fifo"),
                           tree::hard_link("odd-too", "odd"), tree::dir("sticky", 01777)}));
}

TEST(Image, WhatOnlyALayerHas) {
  expect_round_trip(build({tree::file(".wh.gone"), tree::dir("o", 0700), tree::file("o/.wh..wh..opq"),
                           tree::file("i/x"), tree::file("io/.wh..wh..opq"), tree::hard_link("below", "usr/bin/x"),
                           tree::hard_link("below-too", "below")}));
}

TEST(Image, SymlinksOfEveryLength) {
  std::vector<TarMember> members;
  for (const std::size_t length : {1U, 400U, 440U, 447U, 448U, 449U, 511U, 512U, 513U, 960U, 1024U, 4095U}) {
    members.push_back(tree::symlink(fmt::format("l{}", length), std::string(length, 't')));
  }
  expect_round_trip(build(members));
}

TEST(Image, DirectoriesOfEverySize) {
  for (const int count : {1, 5, 30, 40, 1000}) {
    for (const std::size_t length : {1U, 100U, 251U}) {
      std::vector<TarMember> members;
      for (int i = 0; i < count; ++i) {
        members.push_back(tree::file("d/" + std::string(length - 1, 'x') + fmt::format("{:04}", i)));
      }
      expect_round_trip(build(members));
    }
  }
}

TEST(Image, NamesAroundTheDots) {
  expect_round_trip(build({tree::file("!"), tree::file("+"), tree::file("-"), tree::file(",x"), tree::file("..."),
                           tree::file(".a"), tree::file("\xff\xfe"), tree::file(" ")}));
}

TEST(Image, Xattrs) {
  std::vector<TarMember> members;
  for (const std::size_t size : {0U, 1U, 3U, 4U, 100U, 500U, 65535U}) {
    TarMember member = tree::file(fmt::format("f{}", size), 5, 512);
    member.xattrs = {{"user.value", std::string(size, 'v')},
                     {"security.capability", std::string("\0\0\1", 3)},
                     {"trusted.x", ""},
                     {"system.posix_acl_access", "acl"}};
    members.push_back(member);
    member.type = archive::MemberType::directory;
    member.path = fmt::format("d{}", size);
    members.push_back(member);
    member.type = archive::MemberType::symlink;
    member.path = fmt::format("l{}", size);
    member.link_target = std::string(300, 't');
    members.push_back(member);
  }
  members[0].xattrs = {{"user." + std::string(250, 'n'), "longest name"}};
  expect_round_trip(build(members));
}

TEST(Image, RefusesXattrsThatDoNotFit) {
  TarMember member = tree::file("f");
  member.xattrs = {{"user.x", std::string(65536, 'v')}};
  EXPECT_THROW(image_of(build({member}), mebibyte), Error);
  member.xattrs.clear();
  for (int i = 0; i < 5; ++i) {
    member.xattrs[fmt::format("user.{}", i)] = std::string(65000, 'v');
  }
  EXPECT_THROW(image_of(build({member}), mebibyte), Error);
}

TEST(Image, CommonTimesTakeNoRoom) {
  std::vector<TarMember> members;
  for (int i = 0; i < 1000; ++i) {
    members.push_back(tree::file(fmt::format("{}", i)));
    members.back().mtime = {1234567890, 5};
  }
  const std::string same = image_of(build(members), mebibyte);
  expect_round_trip(build(members));
  for (int i = 0; i < 1000; ++i) {
    members[static_cast<std::size_t>(i)].mtime = {i, 0};
  }
  expect_round_trip(build(members));
  EXPECT_LT(same.size() + 30'000, image_of(build(members), mebibyte).size());
}

TEST(Image, DeepTrees) {
  std::string path;
  while (path.size() < 4090) {
    path += "d/";
  }
  expect_round_trip(build({tree::file(path + "x")}));
}

TEST(Image, ManyDevices) {
  std::vector<FileTree> layers;
  std::vector<const FileTree*> pointers;
  std::vector<std::uint64_t> sizes;
  for (int i = 0; i < 300; ++i) {
    layers.push_back(build({tree::file(fmt::format("{}", i), 100, 512)}));
    sizes.push_back(static_cast<std::uint64_t>(i % 7) * 10240 + 1024);
  }
  for (const FileTree& layer : layers) {
    pointers.push_back(&layer);
  }
  const FileTree merged = tree::merge(pointers);
  expect_round_trip(merged, sizes);
  EXPECT_EQ(device_sizes(as_bytes(image_of(merged, sizes))), sizes);
}

TEST(Image, DeviceSizesAreRoundedUp) {
  const std::array<std::uint64_t, 2> sizes{1025, 0};
  EXPECT_THAT(device_sizes(as_bytes(image_of(build({}), sizes))), testing::ElementsAre(1536, 0));
}

// Two devices of 1.5 TiB do not fit into the address space that flat inodes share.
TEST(Image, DevicesTooLargeForFlatFiles) {
  const std::array<std::uint64_t, 2> sizes{std::uint64_t{3} << 39, std::uint64_t{3} << 39};
  TarMember far = tree::file("far", 5'000'000'000, std::uint64_t{1} << 40);
  const FileTree below = build({tree::file("near", 1000, 512)});
  const FileTree above = build({far, tree::file("end", 512, sizes[1] - 512)});
  const std::array<const FileTree*, 2> layers{&below, &above};
  expect_round_trip(tree::merge(layers), sizes);
  const std::array<std::uint64_t, 1> too_large{std::uint64_t{2} << 40};
  EXPECT_THROW(image_of(build({}), too_large), Error);
}

TarMember sparse(std::string_view path, std::uint64_t size, std::vector<archive::SparseRun> runs) {
  TarMember member = tree::file(path, size, 512);
  member.is_sparse = true;
  member.sparse = std::move(runs);
  return member;
}

TEST(Image, SparseFilesOnTheGridAreMapped) {
  expect_round_trip(build({sparse("s", 1'000'000, {{4096, 8192, 512}, {819200, 4096, 8704}}),
                           sparse("hole", 123456, {}), sparse("tail", 10000, {{8192, 1808, 1024}}),
                           sparse("large-grid", std::uint64_t{1} << 36, {{std::uint64_t{1} << 35, 1 << 20, 0}})}));
}

// An index of 4096-byte chunks would take 128 MB; larger chunks, two of them copied, take little.
TEST(Image, HugeSparseFilesTakeLittle) {
  const std::vector<std::string> devices{std::string(16384, 'x')};
  const FileTree tree =
      build({sparse("s", std::uint64_t{1} << 36, {{0, 4096, 512}, {(std::uint64_t{1} << 35) + 4096, 4096, 8192}})});
  const std::string image = image_of(tree, devices);
  EXPECT_LT(image.size(), 4'000'000U);
  expect_same(tree, read_image(as_bytes(image)));
}

TEST(Image, WhatCannotBeMappedIsCopied) {
  std::vector<std::string> devices{std::string(5000, '\0')};
  for (std::size_t i = 0; i < devices[0].size(); ++i) {
    devices[0][i] = static_cast<char>('a' + i % 23);
  }
  // A last member without its padding, runs off the grid, and runs that share a chunk.
  const FileTree tree =
      build({tree::file("last", 1416, 3584), sparse("off", 3000, {{100, 700, 512}, {1500, 500, 1212}}),
             sparse("odd-device", 4096, {{0, 2048, 1025}})});
  const std::string image = image_of(tree, devices);
  const FileTree back = read_image(as_bytes(image));
  expect_same(tree, back);
  EXPECT_EQ(image, image_of(back, devices));
  EXPECT_NE(image.find(devices[0].substr(3584, 1416)), std::string::npos);
  EXPECT_NE(image.find(std::string(100, '\0') + devices[0].substr(512, 412)), std::string::npos);
}

TEST(Image, RefusesSparseFilesThatWouldFillTheDisk) {
  std::vector<archive::SparseRun> runs;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    runs.push_back({(i << 48) + 1, 1, 512 + i});
  }
  const std::uint64_t size = std::uint64_t{10'000} << 48;
  EXPECT_THROW(image_of(build({sparse("s", size, runs)}), mebibyte), Error);
}

std::string sample_image() {
  TarMember attributes = tree::file("d/a", 700, 512);
  attributes.xattrs = {{"user.a", "1"}, {"security.b", "22"}};
  std::vector<TarMember> members{attributes,
                                 tree::symlink("l", "d/a"),
                                 tree::hard_link("h", "d/a"),
                                 sparse("s", 100'000, {{4096, 4096, 2048}}),
                                 tree::device("n", 1, 3),
                                 tree::file(".wh.w"),
                                 tree::hard_link("b", "below"),
                                 tree::file("o/.wh..wh..opq")};
  for (int i = 0; i < 60; ++i) {
    members.push_back(tree::file(fmt::format("many/{:020}", i), 10, 1024));
  }
  members[5].mtime = {5, 5};
  return image_of(build(members), mebibyte);
}

TEST(ImageReader, RefusesEveryTruncation) {
  const std::string image = sample_image();
  for (std::size_t length = 0; length < image.size(); length += 13) {
    try {
      read_image(as_bytes(std::string_view(image).substr(0, length)));
      ADD_FAILURE() << length << " bytes were accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::corrupt);
    }
  }
}

// What a flipped bit does to a file's metadata cannot be seen; all else must be refused, and nothing may crash.
TEST(ImageReader, SurvivesDamage) {
  const std::string image = sample_image();
  std::mt19937 random(20240607);
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string damaged = image;
    for (int flips = 1 + static_cast<int>(random() % 3); flips > 0; --flips) {
      damaged[random() % damaged.size()] ^= static_cast<char>(1U << random() % 8);
    }
    try {
      read_image(as_bytes(damaged));
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), Code::corrupt);
      ++refused;
    }
  }
  EXPECT_GT(refused, 5000);
}

TEST(ImageReader, RefusesOtherVersions) {
  std::string image = sample_image();
  image[8] = 2;
  try {
    read_image(as_bytes(image));
    FAIL() << "was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "read index: version 2 is not known");
  }
  EXPECT_THROW(device_sizes(as_bytes("not an image")), Error);
}

}  // namespace
}  // namespace nacre::erofs
