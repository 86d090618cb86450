#include "image/load.h"

#include <thread>

#include <unistd.h>

#include "load_test_support.h"

namespace nacre::image {
namespace {

using archive::Compression;
using archive::MemberType;
using oci::Json;
using test::base;
using test::config_of;
using test::file_member;
using test::link_member;
using test::LoadTest;
using test::make_tar;
using test::name;
using test::noise;
using test::top;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class LoadDockerArchiveTest : public LoadTest {
 protected:
  // The archive of one image with its layers under docker's old names.
  static std::vector<test::Member> members_of(const std::string& config, const std::vector<std::string>& tars,
                                              const Json& tags) {
    std::vector<test::Member> members;
    Json paths = Json::array();
    for (std::size_t i = 0; i < tars.size(); ++i) {
      paths.push_back(std::to_string(i) + "/layer.tar");
      members.push_back(file_member(paths.back().get<std::string>(), tars[i]));
    }
    members.push_back(file_member("config.json", config));
    const Json entry = {{"Config", "config.json"}, {"RepoTags", tags}, {"Layers", paths}};
    members.push_back(file_member("manifest.json", Json::array({entry}).dump()));
    return members;
  }
};

TEST_F(LoadDockerArchiveTest, AnImageComesInUnderItsNames) {
  const auto config = config_of({base, top});
  load(test::tar_of(members_of(config, {base, top}, {"app:1", "reg.example/app"})));
  const auto id = oci::Digest::of(config);
  EXPECT_EQ(id_of("app:1"), id);
  EXPECT_EQ(id_of("reg.example/app:latest"), id);
  EXPECT_EQ(store().read_blob(id), config);
  EXPECT_EQ(record(id).size, 100'003U);
  EXPECT_THAT(record(id).layers, ElementsAre(oci::DiffId{oci::Digest::of(base)}, oci::DiffId{oci::Digest::of(top)}));
  EXPECT_TRUE(test::slurp(store().layout().layer_tar(record(id).layers[0])) == base);

  ASSERT_THAT(observer_.images, SizeIs(1));
  EXPECT_EQ(observer_.images[0].id, id);
  EXPECT_THAT(observer_.images[0].names, ElementsAre(name("app:1"), name("reg.example/app:latest")));
  EXPECT_THAT(observer_.layers(),
              UnorderedElementsAre(oci::Digest::of(base).short_id(), oci::Digest::of(top).short_id()));
  EXPECT_THAT(observer_.moved_names, IsEmpty());
}

TEST_F(LoadDockerArchiveTest, EveryCompressionAndAPipeGiveTheSame) {
  const auto config = config_of({base, top});
  const auto archive = test::tar_of(members_of(config, {base, top}, {"app:1"}));
  for (const auto compression :
       {Compression::none, Compression::gzip, Compression::zstd, Compression::xz, Compression::bzip2}) {
    auto other = store::Store::open(directory() / ("other" + std::to_string(static_cast<int>(compression))));
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    Fd out(ends[0]);
    Fd in(ends[1]);
    std::thread writer([&] {
      write_all(in, as_bytes(test::compress(archive, compression)));
      in.reset();
    });
    load_archive(other, std::move(out), {}, observer_, {});
    writer.join();
    ASSERT_TRUE(find(other, "app:1").has_value());
    EXPECT_EQ(find(other, "app:1")->image.id, oci::Digest::of(config));
    EXPECT_TRUE(test::slurp(other.layout().layer_tar({oci::Digest::of(base)})) == base);
  }
}

TEST_F(LoadDockerArchiveTest, CompressedLayersAreInflated) {
  // podman and some builders write them so.
  const auto config = config_of({base});
  load(test::tar_of(members_of(config, {test::compress(base, Compression::gzip)}, {"app:1"})));
  EXPECT_TRUE(test::slurp(store().layout().layer_tar({oci::Digest::of(base)})) == base);
}

TEST_F(LoadDockerArchiveTest, ALayerThatOccursTwiceMayBeALink) {
  const auto config = config_of({base, top, base});
  for (const auto type : {MemberType::symlink, MemberType::hard_link}) {
    auto members = members_of(config, {base, top, base}, {"app:1"});
    members[2] = link_member("2/layer.tar", type, type == MemberType::symlink ? "../0/layer.tar" : "0/layer.tar");
    auto other = store::Store::open(directory() / ("other" + std::to_string(static_cast<int>(type))));
    test::spill(directory() / "in.tar", test::tar_of(members));
    load_archive(other, open_file(directory() / "in.tar", O_RDONLY), {}, observer_, {});
    EXPECT_THAT(find(other, "app:1")->image.layers, SizeIs(3));
  }
}

TEST_F(LoadDockerArchiveTest, AnImageMayHaveNoNameAndNoLayers) {
  const auto config = config_of({});
  load(test::tar_of(members_of(config, {}, nullptr)));
  EXPECT_TRUE(store().find_image(oci::Digest::of(config)).has_value());
  EXPECT_THAT(store().names(), IsEmpty());
}

TEST_F(LoadDockerArchiveTest, ANameThatMovesIsTold) {
  load(test::tar_of(members_of(config_of({base}), {base}, {"app:1"})));
  const auto first = id_of("app:1").value();
  load(test::tar_of(members_of(config_of({top}), {top}, {"app:1"})));
  ASSERT_THAT(observer_.moved_names, SizeIs(1));
  EXPECT_EQ(observer_.moved_names[0].name, name("app:1"));
  EXPECT_EQ(observer_.moved_names[0].previous, first);
  EXPECT_NE(id_of("app:1"), first);
  EXPECT_TRUE(store().find_image(first).has_value());

  load(test::tar_of(members_of(config_of({top}), {top}, {"app:1"})));
  EXPECT_THAT(observer_.moved_names, SizeIs(1));  // where it is already
  EXPECT_THAT(observer_.layers(), SizeIs(2));     // and nothing was brought in again
}

TEST_F(LoadDockerArchiveTest, OnlyThePlatformAskedForIsLoaded) {
  const auto archive = test::tar_of(members_of(config_of({top}, "linux/arm64"), {top}, {"arm:1"}));
  load(archive, {.platform = oci::Platform::parse("linux/arm64")});
  EXPECT_TRUE(id_of("arm:1").has_value());
  store().remove_image(*id_of("arm:1"), store::PruneUntagged::no);
}

TEST_F(LoadDockerArchiveTest, APlatformThatNoImageIsForIsAnError) {
  const auto archive = test::tar_of(members_of(config_of({top}, "linux/arm64"), {top}, {"arm:1"}));
  for (const auto compression : {Compression::none, Compression::gzip}) {
    const auto error =
        load_error(test::compress(archive, compression), {.platform = oci::Platform::parse("linux/s390x")});
    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(error->code(), Code::not_found);
    EXPECT_EQ(error->message(), "the archive has no image for linux/s390x; it has linux/arm64");
    EXPECT_THAT(observer_.images, IsEmpty());
    expect_nothing_left();
  }
}

TEST_F(LoadDockerArchiveTest, OfSeveralImagesThoseOfThePlatformAreLoaded) {
  const auto entry = [](const std::string& config, const std::string& tag) {
    return Json{{"Config", config}, {"RepoTags", {tag}}, {"Layers", {"0/layer.tar"}}};
  };
  auto members = members_of(config_of({top}, "linux/arm64"), {top}, {});
  members.insert(members.begin(), file_member("other.json", config_of({top}, "linux/s390x")));
  members.back() =
      file_member("manifest.json", Json::array({entry("config.json", "arm:1"), entry("other.json", "z:1")}).dump());
  const auto archive = test::tar_of(members);
  const auto error = load_error(archive, {.platform = oci::Platform::parse("linux/ppc64le")});
  ASSERT_TRUE(error.has_value());
  EXPECT_THAT(error->message(), HasSubstr("it has linux/arm64, linux/s390x"));
  load(archive, {.platform = oci::Platform::parse("linux/s390x")});
  EXPECT_TRUE(id_of("z:1").has_value());
  EXPECT_EQ(id_of("arm:1"), std::nullopt);
}

TEST_F(LoadDockerArchiveTest, BytesThatAreNotTheirDiffIdAreRefused) {
  for (const bool piped : {false, true}) {
    auto archive = test::tar_of(members_of(config_of({base, top}), {base, make_tar({{"top", "pot"}})}, {"app:1"}));
    archive = piped ? test::compress(archive, Compression::gzip) : archive;
    const auto error = load_error(archive);
    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(error->code(), Code::corrupt);
    EXPECT_THAT(error->message(), HasSubstr(oci::Digest::of(top).str()));
    EXPECT_EQ(id_of("app:1"), std::nullopt);
    expect_nothing_left();
  }
}

TEST_F(LoadDockerArchiveTest, WhatIsMissingIsNamed) {
  const auto complete = members_of(config_of({base, top}), {base, top}, {"app:1"});
  for (const std::string missing : {"1/layer.tar", "config.json"}) {
    auto members = complete;
    std::erase_if(members, [&](const auto& member) { return member.header.path == missing; });
    const auto error = load_error(test::tar_of(members));
    ASSERT_TRUE(error.has_value()) << missing;
    EXPECT_EQ(error->code(), Code::corrupt);
    EXPECT_THAT(error->message(), HasSubstr(missing));
    expect_nothing_left();
  }
}

TEST_F(LoadDockerArchiveTest, WhatContradictsItselfIsRefused) {
  const auto refused = [&](const std::string& config, const std::string& manifest) {
    const auto error = load_error(
        test::tar_of({file_member("0", base), file_member("c", config), file_member("manifest.json", manifest)}));
    ASSERT_TRUE(error.has_value()) << manifest;
    EXPECT_THAT(error->code(), testing::AnyOf(Code::corrupt, Code::invalid_argument)) << manifest;
    expect_nothing_left();
  };
  const auto good = config_of({base});
  refused(good, R"([{"Config":"c","Layers":["0","0"]}])");
  refused(good, R"([{"Config":"c","Layers":[]}])");
  refused(good, R"([{"Config":"c","Layers":[1]}])");
  refused(good, R"([{"Config":"c","Layers":["0"],"RepoTags":["UPPER:1"]}])");
  refused(good, R"([{"Config":"../c","Layers":["0"]}])");
  refused(good, R"([{"Layers":["0"]}])");
  refused(good, "[]");
  refused(good, "{}");
  refused(good, "[");
  refused("{}", R"([{"Config":"c","Layers":["0"]}])");
}

TEST_F(LoadDockerArchiveTest, ImagesBeforeAFailureStay) {
  const auto config = config_of({top});
  const Json first = {{"Config", "config.json"}, {"RepoTags", {"app:1"}}, {"Layers", {"0/layer.tar"}}};
  const Json second = {{"Config", "none.json"}, {"RepoTags", {"app:2"}}, {"Layers", {"0/layer.tar"}}};
  auto members = members_of(config, {top}, {});
  members.back() = file_member("manifest.json", Json::array({first, second}).dump());
  EXPECT_TRUE(load_error(test::tar_of(members)).has_value());
  EXPECT_EQ(id_of("app:1"), oci::Digest::of(config));
  EXPECT_EQ(id_of("app:2"), std::nullopt);
}

TEST_F(LoadTest, WhatIsNoImageArchiveIsTold) {
  const auto tar = load_error(make_tar({{"etc/passwd", "root"}}));
  EXPECT_EQ(tar->code(), Code::corrupt);
  EXPECT_THAT(tar->message(), HasSubstr("nacre import"));
  EXPECT_EQ(load_error(make_tar({{"repositories", "{}"}}))->code(), Code::unsupported);
  for (const std::string& rubbish : {std::string(), noise(5'000), std::string(10'240, '\0')}) {
    EXPECT_EQ(load_error(rubbish)->code(), Code::corrupt) << rubbish.size();
  }
  expect_nothing_left();
}

}  // namespace
}  // namespace nacre::image
