#include "image/compare.h"

#include <map>

#include <fmt/format.h>

#include "base/subprocess.h"
#include "image_test_support.h"

namespace nacre::image {
namespace {

using archive::MemberType;
using test::directory_member;
using test::file_member;
using test::link_member;
using test::make_tar;
using test::noise;
using testing::ElementsAre;
using testing::IsEmpty;

// "A /path", "D /path", "C /path content,mtime", as `diff` would print them.
std::vector<std::string> compare(const ImageFiles& before, const ImageFiles& after) {
  static const std::map<tree::ChangeKind, char> letters = {
      {tree::ChangeKind::added, 'A'}, {tree::ChangeKind::removed, 'D'}, {tree::ChangeKind::modified, 'C'}};
  std::vector<std::string> lines;
  for (const auto& change : compare_images(before, after, {})) {
    lines.push_back(fmt::format("{} {}{}{}", letters.at(change.kind), change.path, change.aspects.empty() ? "" : " ",
                                fmt::join(change.aspects, ",")));
  }
  return lines;
}

class CompareTest : public test::ImageTest {
 protected:
  ImageFiles open_tars(std::vector<std::string> tars) {
    return ImageFiles::open(store(), record(put({.tars = std::move(tars)})), {});
  }
  std::vector<std::string> compare_tars(std::vector<std::string> before, std::vector<std::string> after) {
    return compare(open_tars(std::move(before)), open_tars(std::move(after)));
  }
};

TEST_F(CompareTest, AnImageIsLikeItself) {
  const std::vector<std::string> tars = {make_tar({{"etc/a", "1"}, {"b", noise(100'000)}})};
  EXPECT_THAT(compare_tars(tars, tars), IsEmpty());
  EXPECT_THAT(compare_tars({}, {}), IsEmpty());
}

TEST_F(CompareTest, WhatCameWentAndChanged) {
  EXPECT_THAT(
      compare_tars({make_tar({{"etc/changed", "one"}, {"etc/gone", ""}, {"etc/kept", "same"}, {"grown", "1"}})},
                   {make_tar({{"etc/changed", "two"}, {"etc/kept", "same"}, {"etc/new", ""}, {"grown", "12"}})}),
      ElementsAre("C /etc/changed content", "D /etc/gone", "A /etc/new", "C /grown size,content"));
}

TEST_F(CompareTest, HowItIsLayeredDoesNotMatter) {
  const std::map<std::string, std::string> all = {{"a", noise(300'000)}, {"b", "small"}, {"c", ""}};
  EXPECT_THAT(compare_tars({make_tar(all)}, {make_tar({{"a", all.at("a")}, {"old", "x"}}),
                                             make_tar({{"b", "small"}, {"c", ""}, {".wh.old", ""}})}),
              IsEmpty());
}

TEST_F(CompareTest, OneByteAnywhereIsFound) {
  // Before, at and behind the edge of a comparison's buffer, and the very last.
  const std::string content = noise(400'000);
  for (const std::size_t at : {std::size_t{0}, std::size_t{131'071}, std::size_t{131'072}, content.size() - 1}) {
    std::string other = content;
    other[at] = static_cast<char>(other[at] ^ 1);
    EXPECT_THAT(compare_tars({make_tar({{"f", content}})}, {make_tar({{"f", other}})}), ElementsAre("C /f content"))
        << at;
  }
}

TEST_F(CompareTest, AFileOfASharedLayerIsNotRead) {
  const auto base = make_tar({{"big", noise(300'000)}});
  const auto before_id = put({.tars = {base}});
  const auto before = ImageFiles::open(store(), record(before_id), {});
  const auto after = open_tars({base, make_tar({{"new", "1"}})});
  // Reading it would be an error now.
  fs::resize_file(store().layout().layer_tar(record(before_id).layers[0]), 1024);
  EXPECT_THAT(compare(before, after), ElementsAre("A /new"));
}

TEST_F(CompareTest, HolesAreLikeZeros) {
  const auto folder = directory() / "sparse";
  fs::create_directory(folder);
  test::spill(folder / "f", "data");
  fs::resize_file(folder / "f", 1'000'000);
  const auto tar_with = [&](const std::string& flag, const std::string& name) {
    const fs::path tar = directory() / name;
    Command command;
    command.argv = {"tar", "--format=posix", "--mtime=@0", "--owner=0", "--group=0", "--mode=644"};
    command.argv.insert(command.argv.end(), {"-C", folder, "-cf", tar, flag, "f"});
    EXPECT_EQ(run_captured(command).status.shell_code(), 0);
    return test::slurp(tar);
  };
  const auto sparse = tar_with("--sparse", "sparse.tar");
  const auto whole = tar_with("--verbose", "whole.tar");
  ASSERT_LT(sparse.size(), 500'000U) << "this file system keeps no holes";
  ASSERT_GT(whole.size(), 1'000'000U);
  EXPECT_THAT(compare_tars({sparse}, {whole}), IsEmpty());
  test::spill(folder / "f", "Data");
  fs::resize_file(folder / "f", 1'000'000);
  EXPECT_THAT(compare_tars({tar_with("--sparse", "other.tar")}, {whole}), ElementsAre("C /f content"));
}

TEST_F(CompareTest, EachAspectIsNamed) {
  const auto variant = [](const std::function<void(archive::TarMember&)>& change) {
    auto member = file_member("f", "data");
    change(member.header);
    return test::tar_of({member});
  };
  const auto plain = variant([](archive::TarMember&) {});
  EXPECT_THAT(compare_tars({plain}, {variant([](auto& f) { f.mode = 0755; })}), ElementsAre("C /f mode"));
  EXPECT_THAT(compare_tars({plain}, {variant([](auto& f) { f.uid = 7; })}), ElementsAre("C /f owner"));
  EXPECT_THAT(compare_tars({plain}, {variant([](auto& f) { f.gid = 7; })}), ElementsAre("C /f owner"));
  EXPECT_THAT(compare_tars({plain}, {variant([](auto& f) { f.mtime = {5, 0}; })}), ElementsAre("C /f mtime"));
  EXPECT_THAT(compare_tars({plain}, {variant([](auto& f) { f.xattrs["user.a"] = "b"; })}), ElementsAre("C /f xattrs"));
  EXPECT_THAT(compare_tars({plain}, {test::tar_of({directory_member("f")})}), ElementsAre("C /f type"));
  EXPECT_THAT(compare_tars({test::tar_of({link_member("l", MemberType::symlink, "a")})},
                           {test::tar_of({link_member("l", MemberType::symlink, "b")})}),
              ElementsAre("C /l target"));
}

TEST_F(CompareTest, ADirectoryThatCameBringsItsContent) {
  EXPECT_THAT(compare_tars({make_tar({{"a", "1"}})}, {make_tar({{"a", "1"}, {"d/e/f", "2"}})}),
              ElementsAre("A /d", "A /d/e", "A /d/e/f"));
}

TEST_F(CompareTest, CanBeCancelled) {
  const auto before = open_tars({make_tar({{"f", noise(1000)}})});
  const auto after = open_tars({make_tar({{"f", noise(1000, 2)}})});
  const CancelToken cancel;
  cancel.request();
  EXPECT_THROW(compare_images(before, after, cancel), Cancelled);
}

}  // namespace
}  // namespace nacre::image
