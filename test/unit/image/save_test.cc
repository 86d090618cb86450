#include "image/save.h"

#include <cstdlib>
#include <set>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image_test_support.h"
#include "oci/media_type.h"

namespace nacre::image {
namespace {

using archive::Compression;
using test::data_of;
using test::error_of;
using test::make_tar;
using test::name;
using test::noise;
using test::read_members;
using test::slurp;
using test::spill;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class SaveTest : public test::ImageTest {
 protected:
  std::vector<SaveItem> items(const std::vector<std::string>& arguments,
                              const std::optional<oci::Platform>& platform = {}) {
    return find_save_items(store(), arguments, platform);
  }

  fs::path save(const std::vector<std::string>& arguments, ArchiveFormat format = ArchiveFormat::oci,
                const std::string& file = "out.tar") {
    save_to_file(store(), items(arguments), format, directory() / file, {}, {});
    return directory() / file;
  }

  // Names the images of two platforms, and a third that is not here, by one index.
  oci::Index make_index(const oci::Digest& first, const oci::Digest& second, const std::string& called) {
    std::vector<oci::Descriptor> children;
    for (const auto& id : {first, second}) {
      auto child = oci::Manifest::parse(store().read_blob(record(id).manifest)).descriptor();
      child.platform = record(id).platform;
      children.push_back(child);
    }
    children.push_back({.media_type = std::string(oci::media_type::oci_manifest),
                        .digest = oci::Digest::of("absent"),
                        .size = 6,
                        .platform = oci::Platform::parse("linux/s390x")});
    auto index = oci::Index::make(children);
    store::Lease lease = store().lease();
    lease.put_blob(as_bytes(index.raw()));
    const std::vector<oci::Reference> names{name(called)};
    for (const auto& id : {second, first}) {
      EXPECT_TRUE(lease.hold_image(id));
      lease.put_image(record(id), oci::Manifest::parse(store().read_blob(record(id).manifest)), names, &index);
    }
    return index;
  }

  void damage(const fs::path& file, std::uint64_t offset) {
    std::string text = slurp(file);
    text[offset] = static_cast<char>(text[offset] ^ 1);
    spill(file, text);
  }
};

std::vector<std::string> paths_of(const std::vector<test::Member>& members) {
  std::vector<std::string> paths;
  for (const auto& member : members) {
    paths.push_back(member.header.path);
  }
  return paths;
}

TEST_F(SaveTest, ArgumentsStandForWhatDockerTakesThemFor) {
  const auto a = import(make_tar({{"a", "1"}}), "app:1");
  const auto b = import(make_tar({{"b", "2"}}), "app:2");
  store().tag(a, record(a).manifest, name("app:old"));
  const SaveItem all_of_a{a, record(a).manifest, {name("app:1"), name("app:old")}};
  const SaveItem all_of_b{b, record(b).manifest, {name("app:2")}};

  EXPECT_THAT(items({"app"}), ElementsAre(all_of_a, all_of_b));
  EXPECT_THAT(items({"app:2"}), ElementsAre(all_of_b));
  EXPECT_THAT(items({"app:1", "docker.io/library/app:1", "app:old"}), ElementsAre(all_of_a));
  EXPECT_THAT(items({a.str(), b.short_id()}),
              ElementsAre(SaveItem{a, record(a).manifest, {}}, SaveItem{b, record(b).manifest, {}}));
  EXPECT_THAT(items({"app@" + record(b).manifest.str()}), ElementsAre(SaveItem{b, record(b).manifest, {}}));
  EXPECT_EQ(error_of([&] { items({"app:1", "nothing"}); })->code(), Code::not_found);
  EXPECT_EQ(error_of([&] { items({"app:3"}); })->code(), Code::not_found);
}

TEST_F(SaveTest, TheArchiveIsALayoutWithAManifestForDocker) {
  const auto id = import(make_tar({{"a", "1"}}), "app:1");
  const auto manifest = oci::Manifest::parse(store().read_blob(record(id).manifest));
  const auto members = read_members(save({"app:1"}));
  const auto blob = [](const oci::Digest& digest) { return "blobs/sha256/" + std::string(digest.hex()); };

  EXPECT_THAT(paths_of(members), ElementsAre("oci-layout", "index.json", "manifest.json", "blobs/", "blobs/sha256/",
                                             blob(manifest.digest()), blob(id), blob(manifest.layers()[0].digest)));
  for (const auto& member : members) {
    EXPECT_EQ(member.header.mtime, Timestamp{});
    EXPECT_EQ(member.header.uid + member.header.gid, 0U);
  }
  EXPECT_EQ(data_of(members, "oci-layout"), R"({"imageLayoutVersion":"1.0.0"})");
  EXPECT_EQ(oci::parse_json(data_of(members, "manifest.json")),
            oci::Json::array({{{"Config", blob(id)},
                               {"RepoTags", {"docker.io/library/app:1"}},
                               {"Layers", {blob(manifest.layers()[0].digest)}}}}));
  const auto index = oci::Index::parse(data_of(members, "index.json"));
  ASSERT_THAT(index.manifests(), SizeIs(1));
  EXPECT_EQ(index.manifests()[0].digest, manifest.digest());
  EXPECT_EQ(index.manifests()[0].platform, oci::Platform::host());
  EXPECT_EQ(index.manifests()[0].annotations.at("io.containerd.image.name"), "docker.io/library/app:1");
  EXPECT_EQ(index.manifests()[0].annotations.at("org.opencontainers.image.ref.name"), "1");
}

TEST_F(SaveTest, AnImageWithoutANameGoesOutWithoutOne) {
  const auto id = import(make_tar({{"a", "1"}}), "app:1");
  const auto members = read_members(save({id.str()}));
  EXPECT_THAT(oci::Index::parse(data_of(members, "index.json")).manifests()[0].annotations, IsEmpty());
  EXPECT_TRUE(oci::parse_json(data_of(members, "manifest.json"))[0]["RepoTags"].is_null());
}

TEST_F(SaveTest, WhatComesBackHasTheSameDigestsAndIsSavedToTheSameBytes) {
  import(test::compress(make_tar({{"a", noise(300'000)}}), Compression::gzip), "zipped:1");
  import(test::compress(make_tar({{"b", noise(300'000, 2)}}), Compression::zstd), "zstd:1");
  const auto plain = import(make_tar({{"c", noise(300'000, 3)}}), "plain:1");
  store().tag(plain, record(plain).manifest, name("plain:too"));
  const std::vector<std::string> all{"zipped", "zstd", "plain"};
  const auto first = save(all);

  auto other = load_elsewhere(first);
  for (const auto& each : store().names()) {
    const auto there = other.find_name(each.name);
    ASSERT_TRUE(there.has_value()) << each.name.str();
    EXPECT_EQ(there->target, each.target);
    EXPECT_EQ(there->image, each.image);
  }
  save_to_file(other, find_save_items(other, all), ArchiveFormat::oci, directory() / "again.tar", {}, {});
  EXPECT_EQ(slurp(first), slurp(directory() / "again.tar"));
}

TEST_F(SaveTest, SharedBlobsAreWrittenOnce) {
  const auto tar = make_tar({{"a", "1"}});
  import(tar, "one:1");
  import(tar, "two:1", {.changes = {"USER me"}});
  for (const auto format : {ArchiveFormat::oci, ArchiveFormat::docker}) {
    const auto paths = paths_of(read_members(save({"one", "two", "one:1"}, format)));
    EXPECT_EQ(std::set<std::string>(paths.begin(), paths.end()).size(), paths.size());
  }
}

TEST_F(SaveTest, AnIndexGoesOutWithThePlatformsThatAreHere) {
  const auto amd = import(make_tar({{"a", "1"}}), "", {.platform = oci::Platform::parse("linux/amd64")});
  const auto arm = import(make_tar({{"b", "2"}}), "", {.platform = oci::Platform::parse("linux/arm64")});
  const auto index = make_index(amd, arm, "multi:1");

  const auto archive = save({"multi:1"});
  const auto members = read_members(archive);
  const auto top = oci::Index::parse(data_of(members, "index.json"));
  ASSERT_THAT(top.manifests(), SizeIs(1));
  EXPECT_EQ(top.manifests()[0].digest, index.digest());
  EXPECT_THAT(paths_of(members), SizeIs(5 + 1 + 3 + 3));
  EXPECT_THAT(oci::parse_json(data_of(members, "manifest.json")), SizeIs(1));

  auto other = load_elsewhere(archive);
  EXPECT_EQ(other.find_name(name("multi:1"))->target, index.digest());
  EXPECT_THAT(other.images(), SizeIs(2));

  const auto one = items({"multi:1"}, oci::Platform::parse("linux/arm64"));
  ASSERT_THAT(one, SizeIs(1));
  EXPECT_EQ(one[0].image, arm);
  EXPECT_EQ(one[0].target, record(arm).manifest);
  EXPECT_EQ(error_of([&] { items({"multi:1"}, oci::Platform::parse("linux/riscv64")); })->code(), Code::not_found);
}

TEST_F(SaveTest, DockerArchivesHoldPlainTars) {
  const auto tar = make_tar({{"a", "1"}});
  const auto id = import(test::compress(tar, Compression::gzip), "reg.example/app:1");
  const auto archive = save({"reg.example/app"}, ArchiveFormat::docker);
  const auto members = read_members(archive);
  const std::string layer(oci::Digest::of(tar).hex());
  const std::string config = std::string(id.hex()) + ".json";
  EXPECT_THAT(paths_of(members),
              ElementsAre("manifest.json", "repositories", config, layer + "/", layer + "/layer.tar"));
  EXPECT_EQ(data_of(members, layer + "/layer.tar"), tar);
  EXPECT_EQ(oci::Digest::of(data_of(members, config)), id);
  EXPECT_EQ(oci::parse_json(data_of(members, "repositories")), oci::Json({{"reg.example/app", {{"1", layer}}}}));
  EXPECT_EQ(load_elsewhere(archive).find_name(name("reg.example/app:1"))->image, id);
}

TEST_F(SaveTest, ProgressEndsAtTheTotal) {
  import(make_tar({{"a", noise(700'000)}}), "app:1");
  std::uint64_t last = 0, total = 0;
  save_to_file(store(), items({"app"}), ArchiveFormat::oci, directory() / "out.tar",
               [&](std::uint64_t done, std::uint64_t all) {
                 EXPECT_GT(done, last);
                 last = done;
                 total = all;
               },
               {});
  EXPECT_EQ(last, total);
  EXPECT_GT(total, 700'000U);
}

TEST_F(SaveTest, DamagedLayersAreNamedAndNothingIsLeftBehind) {
  const auto id = import(make_tar({{"a", noise(700'000)}}), "app:1");
  const auto layer = record(id).layers[0];
  spill(directory() / "out.tar", "before");
  const auto tar = store().layout().layer_tar(layer);
  const auto check_failure = [&](ArchiveFormat format, const std::string& expected) {
    const auto before = list_directory(directory());
    const auto error = error_of([&] { save({"app"}, format); });
    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(error->code(), Code::corrupt);
    EXPECT_THAT(error->message(), HasSubstr(layer.digest.str()));
    EXPECT_THAT(error->message(), HasSubstr(expected));
    EXPECT_EQ(slurp(directory() / "out.tar"), "before");
    EXPECT_EQ(list_directory(directory()), before);
    EXPECT_EQ(error_of([&] { save_to_directory(store(), items({"app"}), directory() / "layout", {}, {}); })->code(),
              Code::corrupt);
    EXPECT_EQ(list_directory(directory()), before);
  };
  damage(tar, 600'000);
  check_failure(ArchiveFormat::oci, "their digest is sha256:");
  check_failure(ArchiveFormat::docker, "their digest is sha256:");
  fs::resize_file(tar, 600'000);
  check_failure(ArchiveFormat::oci, "missing or not whole");
  check_failure(ArchiveFormat::docker, "600000 of ");
}

TEST_F(SaveTest, FilesAreForTheirOwnerAndFollowSymlinks) {
  import(make_tar({{"a", "1"}}), "app:1");
  fs::create_symlink("real.tar", directory() / "link.tar");
  spill(directory() / "real.tar", "before");
  save({"app"}, ArchiveFormat::oci, "link.tar");
  EXPECT_TRUE(fs::is_symlink(directory() / "link.tar"));
  EXPECT_THAT(read_members(directory() / "real.tar"), testing::Not(IsEmpty()));
  EXPECT_EQ(fs::status(directory() / "real.tar").permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(SaveTest, TargetsThatCannotBeAreRefused) {
  import(make_tar({{"a", "1"}}), "app:1");
  EXPECT_EQ(error_of([&] { save({"app"}, ArchiveFormat::oci, "none/out.tar"); })->code(), Code::not_found);
  EXPECT_EQ(error_of([&] { save({"app"}, ArchiveFormat::oci, "."); })->code(), Code::invalid_argument);
  EXPECT_NO_THROW(save_to_file(store(), items({"app"}), ArchiveFormat::oci, "/dev/null", {}, {}));
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(SaveTest, ATerminalIsRefused) {
  import(make_tar({{"a", "1"}}), "app:1");
  const Fd controller(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!controller || ::grantpt(controller.get()) != 0 || ::unlockpt(controller.get()) != 0) {
    GTEST_SKIP() << "no pseudo terminal here";
  }
  const Fd terminal = open_file(::ptsname(controller.get()), O_RDWR | O_NOCTTY);
  const auto error = error_of([&] { save_to_stream(store(), items({"app"}), ArchiveFormat::oci, terminal, {}, {}); });
  EXPECT_EQ(error->code(), Code::invalid_argument);
  EXPECT_EQ(error->message(), "cowardly refusing to save to a terminal. Use the -o flag or redirect");
}

struct Pipe {
  Pipe() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    out = Fd(ends[0]);
    in = Fd(ends[1]);
  }
  Fd out, in;
};

TEST_F(SaveTest, APipeAndAnOpenFileGetTheSameBytes) {
  import(make_tar({{"a", noise(3'000'000)}}), "app:1");
  const std::string expected = slurp(save({"app"}));
  Pipe pipe;
  std::string received;
  std::thread reader([&] {
    const auto source = archive::stream_source(pipe.out);
    received = archive::read_all(*source, 1 << 30);
  });
  save_to_stream(store(), items({"app"}), ArchiveFormat::oci, pipe.in, {}, {});
  pipe.in.reset();
  reader.join();
  EXPECT_TRUE(received == expected);

  const Fd file = open_file(directory() / "redirected.tar", O_WRONLY | O_CREAT);
  save_to_stream(store(), items({"app"}), ArchiveFormat::oci, file, {}, {});
  EXPECT_TRUE(slurp(directory() / "redirected.tar") == expected);
  const Fd appended = open_file(directory() / "redirected.tar", O_WRONLY | O_APPEND);
  save_to_stream(store(), items({"app"}), ArchiveFormat::oci, appended, {}, {});
  EXPECT_TRUE(slurp(directory() / "redirected.tar") == expected + expected);
}

TEST_F(SaveTest, AReaderThatStoppedReadingDoesNotKeepASaveFromBeingCancelled) {
  import(make_tar({{"a", noise(5'000'000)}}), "app:1");
  Pipe pipe;
  const CancelToken cancel;
  const auto save_all = [&] { save_to_stream(store(), items({"app"}), ArchiveFormat::oci, pipe.in, {}, cancel); };
  std::thread canceller([&] {
    char byte = 0;
    EXPECT_EQ(::read(pipe.out.get(), &byte, 1), 1);  // the save is under way
    cancel.request();
  });
  EXPECT_THROW(save_all(), Cancelled);
  canceller.join();
}

TEST_F(SaveTest, ARemovalMeanwhileTakesNothingAway) {
  const auto id = import(make_tar({{"a", noise(700'000)}}), "app:1");
  const std::string expected = slurp(save({"app"}));
  bool removed = false;
  save_to_file(store(), items({"app"}), ArchiveFormat::oci, directory() / "out2.tar",
               [&](std::uint64_t, std::uint64_t) {
                 if (!std::exchange(removed, true)) {
                   store().remove_image(id, store::PruneUntagged::yes);
                   store().collect();
                   store().empty_trash();
                 }
               },
               {});
  EXPECT_FALSE(store().find_image(id).has_value());
  EXPECT_TRUE(slurp(directory() / "out2.tar") == expected);
}

TEST_F(SaveTest, AnImageThatIsGoneIsAnError) {
  const auto id = import(make_tar({{"a", "1"}}), "app:1");
  const auto stale = items({"app"});
  store().remove_image(id, store::PruneUntagged::yes);
  for (const auto format : {ArchiveFormat::oci, ArchiveFormat::docker}) {
    const auto error = error_of([&] { save_to_file(store(), stale, format, directory() / "x.tar", {}, {}); });
    EXPECT_EQ(error->code(), Code::not_found);
    EXPECT_FALSE(fs::exists(directory() / "x.tar"));
  }
}

class SaveDirectoryTest : public SaveTest {
 protected:
  void save_to(const std::string& where, const std::vector<std::string>& arguments) {
    save_to_directory(store(), items(arguments), directory() / where, {}, {});
  }
  // What index.json calls its entries, in order.
  std::vector<std::pair<std::string, std::string>> entries(const std::string& where) {
    std::vector<std::pair<std::string, std::string>> entries;
    const auto index = oci::Index::parse(slurp(directory() / where / "index.json"));
    for (const auto& root : index.manifests()) {
      const auto found = root.annotations.find("io.containerd.image.name");
      entries.emplace_back(found == root.annotations.end() ? "" : found->second, root.digest.str());
    }
    return entries;
  }
};

TEST_F(SaveDirectoryTest, ANewLayoutCanBeLoaded) {
  const auto id = import(test::compress(make_tar({{"a", noise(300'000)}}), Compression::gzip), "app:1");
  save_to("layout/", {"app"});
  EXPECT_THAT(list_directory(directory() / "layout"), ElementsAre("blobs", "index.json", "oci-layout"));
  auto other = load_elsewhere(directory() / "layout");
  EXPECT_EQ(other.find_name(name("app:1"))->target, record(id).manifest);

  fs::create_directory(directory() / "empty");
  save_to("empty", {"app"});
  EXPECT_EQ(slurp(directory() / "empty/index.json"), slurp(directory() / "layout/index.json"));
}

TEST_F(SaveDirectoryTest, ALayoutIsAddedTo) {
  const auto a = record(import(make_tar({{"a", "1"}}), "a:1")).manifest.str();
  const auto b = record(import(make_tar({{"b", "2"}}), "b:1")).manifest.str();
  save_to("layout", {"a:1"});
  save_to("layout", {"b:1"});
  save_to("layout", {"a:1"});
  const std::string a1 = "docker.io/library/a:1", b1 = "docker.io/library/b:1";
  EXPECT_THAT(entries("layout"), ElementsAre(testing::Pair(b1, b), testing::Pair(a1, a)));

  // The name moves; what had it stays, without one.
  const auto c = record(import(make_tar({{"c", "3"}}), "a:1")).manifest.str();
  save_to("layout", {"a:1"});
  EXPECT_THAT(entries("layout"), ElementsAre(testing::Pair(b1, b), testing::Pair("", a), testing::Pair(a1, c)));
  EXPECT_EQ(load_elsewhere(directory() / "layout").find_name(name("a:1"))->target.str(), c);
}

TEST_F(SaveDirectoryTest, OtherDirectoriesAreRefusedAndLeftAlone) {
  import(make_tar({{"a", "1"}}), "app:1");
  fs::create_directory(directory() / "home");
  spill(directory() / "home/letter", "dear");
  EXPECT_EQ(error_of([&] { save_to("home", {"app"}); })->code(), Code::already_exists);
  EXPECT_THAT(list_directory(directory() / "home"), ElementsAre("letter"));
  EXPECT_EQ(error_of([&] { save_to("none/layout", {"app"}); })->code(), Code::not_found);
  EXPECT_FALSE(fs::exists(directory() / "none"));

  save_to("layout", {"app"});
  spill(directory() / "layout/oci-layout", R"({"imageLayoutVersion":"2.0.0"})");
  EXPECT_EQ(error_of([&] { save_to("layout", {"app"}); })->code(), Code::unsupported);
}

TEST_F(SaveDirectoryTest, AFailureLeavesALayoutAsItWas) {
  import(make_tar({{"a", "1"}}), "a:1");
  const auto b = import(make_tar({{"b", noise(100'000)}}), "b:1");
  save_to("layout", {"a:1"});
  const auto index = slurp(directory() / "layout/index.json");
  const auto blobs = list_directory(directory() / "layout/blobs/sha256");
  damage(store().layout().layer_tar(record(b).layers[0]), 5000);
  EXPECT_EQ(error_of([&] { save_to("layout", {"b:1"}); })->code(), Code::corrupt);
  EXPECT_EQ(slurp(directory() / "layout/index.json"), index);
  EXPECT_EQ(list_directory(directory() / "layout/blobs/sha256"), blobs);
}

}  // namespace
}  // namespace nacre::image
