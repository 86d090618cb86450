// The OCI layout, as tar and directory.
#include "image/load.h"
#include "load_test_support.h"
#include "oci/media_type.h"

namespace nacre::image {
namespace {

using archive::Compression;
using test::base;
using test::config_of;
using test::error_of;
using test::make_tar;
using test::name;
using test::top;
using testing::HasSubstr;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class LoadOciLayoutTest : public test::LoadTest {
 protected:
  LoadOciLayoutTest() { files_["oci-layout"] = R"({"imageLayoutVersion":"1.0.0"})"; }

  oci::Descriptor add_blob(std::string_view media_type, const std::string& content) {
    const auto digest = oci::Digest::of(content);
    files_["blobs/sha256/" + std::string(digest.hex())] = content;
    return {.media_type = std::string(media_type), .digest = digest, .size = content.size()};
  }
  // The manifest of an image with gzip layers.
  oci::Descriptor add_image(const std::vector<std::string>& tars, std::string_view platform = "linux/amd64") {
    std::vector<oci::Descriptor> layers;
    for (const auto& tar : tars) {
      layers.push_back(add_blob(oci::media_type::oci_layer_gzip, test::compress(tar, Compression::gzip)));
    }
    const auto config = add_blob(oci::media_type::oci_config, config_of(tars, platform));
    auto descriptor = add_blob(oci::media_type::oci_manifest, oci::Manifest::make(config, layers).raw());
    descriptor.platform = oci::Platform::parse(platform);
    return descriptor;
  }
  void set_index(const std::vector<oci::Descriptor>& manifests) {
    files_["index.json"] = oci::Index::make(manifests).raw();
  }
  static oci::Descriptor named(oci::Descriptor descriptor, const std::string& key, const std::string& text) {
    descriptor.annotations[key] = text;
    return descriptor;
  }
  std::string archive() const { return make_tar(files_); }

  std::map<std::string, std::string> files_;
};

const std::string full_name = "io.containerd.image.name";
const std::string ref_name = "org.opencontainers.image.ref.name";

TEST_F(LoadOciLayoutTest, EverythingIsKeptByteForByte) {
  const auto manifest = add_image({base, top});
  set_index({named(manifest, full_name, "docker.io/library/app:1")});
  load(archive());
  const auto id = id_of("app:1").value();
  EXPECT_EQ(store().find_name(name("app:1"))->target, manifest.digest);
  EXPECT_EQ(record(id).manifest, manifest.digest);
  for (const auto& [path, content] : files_) {
    if (path.starts_with("blobs/")) {
      const auto digest = oci::Digest::parse("sha256:" + path.substr(path.rfind('/') + 1));
      EXPECT_TRUE(store().has_blob(digest)) << path;
      EXPECT_TRUE(test::slurp(store().layout().blob(digest)) == content) << path;
    }
  }
}

TEST_F(LoadOciLayoutTest, ADirectoryIsReadAsItStands) {
  set_index({named(add_image({base}), full_name, "docker.io/library/app:1")});
  for (const auto& [path, content] : files_) {
    fs::create_directories((directory() / "layout" / path).parent_path());
    test::spill(directory() / "layout" / path, content);
  }
  load_directory(store(), directory() / "layout", {}, observer_, {});
  EXPECT_TRUE(id_of("app:1").has_value());
  EXPECT_EQ(error_of([&] { load_directory(store(), directory() / "none", {}, observer_, {}); })->code(),
            Code::not_found);
}

TEST_F(LoadOciLayoutTest, NamesStandWhereToolsWriteThem) {
  const auto manifest = add_image({top});
  set_index({named(manifest, full_name, "docker.io/library/docker:1"), named(manifest, ref_name, "localhost/podman:2"),
             named(manifest, ref_name, "only-a-tag"), named(manifest, full_name, "Not A Name"), manifest});
  load(archive());
  std::vector<std::string> names;
  for (const auto& each : store().names()) {
    names.push_back(each.name.familiar());
  }
  EXPECT_THAT(names, UnorderedElementsAre("docker:1", "localhost/podman:2"));
  EXPECT_THAT(store().images(), SizeIs(1));
  ASSERT_THAT(observer_.images, SizeIs(1));
}

TEST_F(LoadOciLayoutTest, AnIndexBringsThePlatformsThatAreThere) {
  const auto host = add_image({base}, oci::Platform::host().str());
  const auto other = add_image({top}, "linux/s390x");
  auto absent = named(host, "x", "y");
  absent.digest = oci::Digest::of("not in the archive");
  auto attestation = named(add_blob(oci::media_type::oci_manifest, "{}"), "vnd.docker.reference.type", "attestation");
  const auto index = add_blob(oci::media_type::oci_index, oci::Index::make({host, other, absent, attestation}).raw());
  set_index({named(index, full_name, "docker.io/library/multi:1")});
  load(archive());
  EXPECT_THAT(store().images(), SizeIs(2));
  EXPECT_EQ(store().find_name(name("multi:1"))->target, index.digest);
  EXPECT_EQ(record(id_of("multi:1").value()).manifest, host.digest);  // what runs here
  EXPECT_EQ(get(store(), "multi:1", oci::Platform::parse("linux/s390x")).image.manifest, other.digest);

  const auto error = load_error(archive(), {.platform = oci::Platform::parse("linux/mips64le")});
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->code(), Code::not_found);
  EXPECT_THAT(error->message(), HasSubstr("linux/mips64le"));
  EXPECT_THAT(error->message(), HasSubstr("linux/s390x"));  // what there is instead
}

TEST_F(LoadOciLayoutTest, APlatformThatNoImageIsForIsAnError) {
  set_index({named(add_image({top}, "linux/arm64"), full_name, "docker.io/library/arm:1")});
  for (const auto compression : {Compression::none, Compression::gzip}) {
    const auto error =
        load_error(test::compress(archive(), compression), {.platform = oci::Platform::parse("linux/s390x")});
    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(error->code(), Code::not_found);
    EXPECT_EQ(error->message(), "the archive has no image for linux/s390x; it has linux/arm64");
    expect_nothing_left();
  }
}

TEST_F(LoadOciLayoutTest, WhatIsNotForThePlatformIsPassedOver) {
  const auto arm = add_image({base}, "linux/arm64");
  const auto index = add_blob(oci::media_type::oci_index, oci::Index::make({arm}).raw());
  set_index({named(index, full_name, "docker.io/library/index:1"),
             named(add_image({top}, "linux/s390x"), full_name, "docker.io/library/plain:1")});
  load(archive(), {.platform = oci::Platform::parse("linux/s390x")});
  EXPECT_TRUE(id_of("plain:1").has_value());
  EXPECT_EQ(id_of("index:1"), std::nullopt);
  load(archive(), {.platform = oci::Platform::parse("linux/arm64")});
  EXPECT_TRUE(id_of("index:1").has_value());
}

TEST_F(LoadOciLayoutTest, APlatformFromOutsideCannotSteerATerminal) {
  auto fields = oci::ImageConfig::Fields{};
  fields.platform = {.os = "linux\x1b[2J", .architecture = std::string(10'000, 'x')};
  const auto config = add_blob(oci::media_type::oci_config, oci::ImageConfig::make(fields).raw());
  set_index({add_blob(oci::media_type::oci_manifest, oci::Manifest::make(config, {}).raw())});
  const auto error = load_error(archive(), {.platform = oci::Platform::parse("linux/s390x")});
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->message().find('\x1b'), std::string::npos);
  EXPECT_LT(error->message().size(), 400U);
}

TEST_F(LoadOciLayoutTest, EveryDigestIsVerified) {
  const auto manifest = add_image({base});
  set_index({named(manifest, full_name, "docker.io/library/app:1")});
  const auto whole = files_;
  for (const auto& [path, content] : whole) {
    if (!path.starts_with("blobs/")) {
      continue;
    }
    files_ = whole;
    // Changes that nothing but a digest can tell: white space behind a document, the time in a gzip header.
    if (content.starts_with('{')) {
      files_[path] += ' ';
    } else {
      files_[path][4] = static_cast<char>(files_[path][4] ^ 1);
    }
    const auto error = load_error(archive());
    ASSERT_TRUE(error.has_value()) << path;
    EXPECT_EQ(error->code(), Code::corrupt) << error->message();
    EXPECT_EQ(id_of("app:1"), std::nullopt);
  }
  expect_nothing_left();
}

TEST_F(LoadOciLayoutTest, AnIndexInAnIndexEndsSomewhere) {
  auto index = add_blob(oci::media_type::oci_index, oci::Index::make({add_image({top})}).raw());
  for (int depth = 0; depth < 20; ++depth) {
    index = add_blob(oci::media_type::oci_index, oci::Index::make({index}).raw());
  }
  set_index({index});
  EXPECT_EQ(load_error(archive())->code(), Code::corrupt);
  expect_nothing_left();
}

TEST_F(LoadOciLayoutTest, AnEmptyIndexIsAnError) {
  set_index({});
  EXPECT_EQ(load_error(archive())->code(), Code::corrupt);
}

TEST_F(LoadOciLayoutTest, CanBeCancelled) {
  set_index({named(add_image({base}), full_name, "docker.io/library/app:1")});
  test::spill(directory() / "in.tar", archive());
  const CancelToken cancel;
  cancel.request();
  EXPECT_THROW(load_archive(store(), open_file(directory() / "in.tar", O_RDONLY), {}, observer_, cancel), Cancelled);
  expect_nothing_left();
}

}  // namespace
}  // namespace nacre::image
