#include "oci/manifest.h"

#include <gtest/gtest.h>

#include "oci/media_type.h"
#include "test/unit/oci/documents.h"
#include "test/unit/oci/errors.h"

namespace nacre::oci {
namespace {

const std::string digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

Manifest manifest(std::string_view text, std::string_view type = {}) {
  return Manifest::parse(std::string(text), type);
}
Index index(std::string_view text, std::string_view type = {}) {
  return Index::parse(std::string(text), type);
}

std::string manifest_error(std::string_view text, std::string_view type = {}) {
  return error_of([&] { manifest(text, type); });
}
std::string index_error(std::string_view text, std::string_view type = {}) {
  return error_of([&] { index(text, type); });
}

std::string descriptor_json(std::string_view type) {
  return R"({"mediaType":")" + std::string(type) + R"(","digest":")" + digest + R"(","size":5})";
}

std::string manifest_json(std::string_view config_type, std::string_view layer_type) {
  return R"({"schemaVersion":2,"config":)" + descriptor_json(config_type) + R"(,"layers":[)" +
         descriptor_json(layer_type) + "]}";
}

TEST(Manifest, ReadsDockersSchema2ByteForByte) {
  const Manifest read = manifest(documents::docker_manifest, media_type::docker_manifest);
  EXPECT_EQ(read.raw(), documents::docker_manifest);
  EXPECT_EQ(read.digest().str(), documents::docker_manifest_digest);
  EXPECT_EQ(read.media_type(), media_type::docker_manifest);
  EXPECT_EQ(read.config().media_type, media_type::docker_config);
  EXPECT_EQ(read.config().size, 1469U);
  ASSERT_EQ(read.layers().size(), 1U);
  EXPECT_EQ(read.layers()[0].digest.short_id(), "2db29710123e");
  EXPECT_TRUE(read.is_image());
  EXPECT_FALSE(read.subject());

  const Descriptor descriptor = read.descriptor();
  EXPECT_EQ(descriptor.digest, read.digest());
  EXPECT_EQ(descriptor.size, 525U);
  EXPECT_EQ(descriptor.media_type, media_type::docker_manifest);
}

TEST(Manifest, TakesItsMediaTypeFromTheDocumentOrTheWayThere) {
  const std::string bare = manifest_json(media_type::oci_config, media_type::oci_layer);
  EXPECT_EQ(manifest(bare).media_type(), media_type::oci_manifest);
  EXPECT_EQ(manifest(bare, media_type::docker_manifest).media_type(), media_type::docker_manifest);
  EXPECT_EQ(manifest(documents::docker_manifest).media_type(), media_type::docker_manifest);
  EXPECT_EQ(
      manifest_error(documents::docker_manifest, media_type::oci_manifest),
      "corrupt: image manifest: field 'mediaType': 'application/vnd.docker.distribution.manifest.v2+json', but it "
      "was found as 'application/vnd.oci.image.manifest.v1+json'");
  EXPECT_EQ(manifest_error(bare, media_type::oci_index),
            "unsupported: image manifest: media type 'application/vnd.oci.image.index.v1+json' is not that of an image "
            "manifest");
}

TEST(Manifest, ReadsSubjectAndAnnotations) {
  const Manifest read = manifest(R"({"schemaVersion":2,"config":)" +
                                 descriptor_json("application/vnd.oci.empty.v1+json") + R"(,"layers":[],"subject":)" +
                                 descriptor_json(media_type::oci_manifest) + R"(,"annotations":{"k":"v"}})");
  ASSERT_TRUE(read.subject());
  EXPECT_EQ(read.subject()->digest, Digest::of(""));
  EXPECT_EQ(read.annotations().at("k"), "v");
  EXPECT_FALSE(read.is_image());
}

TEST(Manifest, TellsImagesFromArtifacts) {
  const auto is_image = [](std::string_view config, std::string_view layer) {
    return manifest(manifest_json(config, layer)).is_image();
  };
  EXPECT_TRUE(is_image(media_type::oci_config, media_type::oci_layer_zstd));
  EXPECT_TRUE(is_image(media_type::docker_config, media_type::docker_foreign_layer));
  EXPECT_TRUE(is_image("application/octet-stream", media_type::docker_layer_gzip));
  EXPECT_TRUE(is_image("", media_type::docker_layer_gzip));
  EXPECT_FALSE(is_image(media_type::oci_config, "application/vnd.dev.cosign.simplesigning.v1+json"));
  EXPECT_FALSE(is_image("application/vnd.cncf.helm.config.v1+json", media_type::oci_layer_gzip));
  EXPECT_FALSE(manifest(documents::attestation_manifest).is_image());
  // An image without layers (FROM scratch) is one.
  EXPECT_TRUE(
      manifest(R"({"schemaVersion":2,"config":)" + descriptor_json(media_type::oci_config) + R"(,"layers":null})")
          .is_image());
}

TEST(Manifest, RefusesSchema1) {
  const std::string_view schema1 = R"({"schemaVersion":1,"name":"library/alpine","tag":"3.2","fsLayers":[]})";
  const std::string expected =
      "unsupported: image manifest: manifest schema 1 is not supported; push the image again with a current tool to "
      "convert it";
  EXPECT_EQ(manifest_error(schema1), expected);
  EXPECT_EQ(manifest_error(schema1, "application/vnd.docker.distribution.manifest.v1+prettyjws"), expected);
}

TEST(Manifest, RefusesADocumentThatIsTwoThings) {
  const std::string config = descriptor_json(media_type::oci_config);
  EXPECT_EQ(manifest_error(R"({"schemaVersion":2,"manifests":[],"layers":[],"config":)" + config + "}"),
            "corrupt: image manifest: field 'manifests': not allowed in an image manifest");
  EXPECT_EQ(index_error(R"({"schemaVersion":2,"manifests":[],"layers":[]})"),
            "corrupt: image index: field 'layers': not allowed in an image index");
  EXPECT_EQ(index_error(R"({"schemaVersion":2,"manifests":[],"config":)" + config + "}"),
            "corrupt: image index: field 'config': not allowed in an image index");
}

TEST(Manifest, NamesTheFieldThatIsOff) {
  const std::string config = R"("config":)" + descriptor_json(media_type::oci_config);
  EXPECT_EQ(manifest_error("[]"), "corrupt: image manifest: document: expected an object, found array");
  EXPECT_EQ(manifest_error("{}"), "corrupt: image manifest: field 'schemaVersion': expected 2, found 0");
  EXPECT_EQ(manifest_error(R"({"schemaVersion":"2"})"),
            "corrupt: image manifest: field 'schemaVersion': expected an integer, found string");
  EXPECT_EQ(manifest_error(R"({"schemaVersion":2,"mediaType":7})"),
            "corrupt: image manifest: field 'mediaType': expected a string, found number");
  EXPECT_EQ(manifest_error(R"({"schemaVersion":2})"), "corrupt: image manifest: field 'config': missing");
  EXPECT_EQ(manifest_error(R"({"schemaVersion":2,"config":{}})"),
            "corrupt: image manifest: field 'config': field 'digest': missing");
  EXPECT_EQ(manifest_error(R"({"schemaVersion":2,)" + config + "}"),
            "corrupt: image manifest: field 'layers': missing");
  EXPECT_EQ(manifest_error(R"({"schemaVersion":2,)" + config + R"(,"layers":{}})"),
            "corrupt: image manifest: field 'layers': expected an array, found object");
  EXPECT_EQ(manifest_error(R"({"schemaVersion":2,)" + config + R"(,"layers":[)" +
                           descriptor_json(media_type::oci_layer) + R"(,{"digest":1}]})"),
            "corrupt: image manifest: field 'layers': item 2: field 'digest': expected a string, found number");
  EXPECT_EQ(manifest_error(R"({"schemaVersion":2,)" + config + R"(,"layers":[],"annotations":{"a":[]}})"),
            "corrupt: image manifest: field 'annotations.a': expected a string, found array");
  EXPECT_EQ(manifest_error(R"({"schemaVersion":2,)" + config + R"(,"layers":[],"subject":{}})"),
            "corrupt: image manifest: field 'subject': field 'digest': missing");
  EXPECT_TRUE(manifest_error("{").starts_with("corrupt: image manifest: read JSON: line 1"));
}

TEST(Manifest, MakesTheSameBytesFromTheSameInput) {
  const Descriptor config{.media_type = std::string(media_type::oci_config), .digest = Digest::of("config"), .size = 6};
  const Descriptor layer{
      .media_type = std::string(media_type::oci_layer_gzip), .digest = Digest::of("layer"), .size = 5};
  const Manifest made = Manifest::make(config, {layer});
  EXPECT_EQ(made.raw(), R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",)"
                        R"("config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":")" +
                            config.digest.str() +
                            R"(","size":6},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip",)"
                            R"("digest":")" +
                            layer.digest.str() + R"(","size":5}]})");
  EXPECT_EQ(made.digest(), Digest::of(made.raw()));
  EXPECT_EQ(made.config(), config);
  EXPECT_EQ(made.layers(), std::vector{layer});
  EXPECT_TRUE(made.is_image());
  EXPECT_EQ(Manifest::make(config, {}).layers().size(), 0U);
}

TEST(Index, ReadsImagesAttestationsAndNestedIndexes) {
  const Index read = index(documents::buildx_index, media_type::oci_index);
  EXPECT_EQ(read.raw(), documents::buildx_index);
  EXPECT_EQ(read.digest(), Digest::of(documents::buildx_index));
  EXPECT_EQ(read.annotations().at("org.opencontainers.image.created"), "2024-01-02T03:04:05Z");
  ASSERT_EQ(read.manifests().size(), 3U);
  EXPECT_EQ(read.manifests()[0].platform->str(), "linux/amd64");
  EXPECT_EQ(read.manifests()[1].platform->str(), "unknown/unknown");
  EXPECT_EQ(read.manifests()[1].annotations.at("vnd.docker.reference.type"), "attestation-manifest");
  EXPECT_FALSE(read.manifests()[2].platform);
  EXPECT_TRUE(media_type::is_index(read.manifests()[2].media_type));
}

TEST(Index, TakesItsMediaTypeFromTheDocumentOrTheWayThere) {
  const std::string_view bare = R"({"schemaVersion":2,"manifests":null})";
  EXPECT_EQ(index(bare).media_type(), media_type::oci_index);
  EXPECT_EQ(index(bare, media_type::docker_manifest_list).media_type(), media_type::docker_manifest_list);
  EXPECT_TRUE(index_error(bare, media_type::oci_manifest).starts_with("unsupported: image index: media type"));
  EXPECT_TRUE(index_error(documents::docker_manifest).starts_with("unsupported: image index: media type"));
}

TEST(Index, NamesTheFieldThatIsOff) {
  EXPECT_EQ(index_error(R"({"schemaVersion":2})"), "corrupt: image index: field 'manifests': missing");
  EXPECT_EQ(index_error(R"({"schemaVersion":2,"manifests":[7]})"),
            "corrupt: image index: field 'manifests': item 1: descriptor: expected an object, found number");
}

TEST(Index, MakesTheSameBytesFromTheSameInput) {
  const Descriptor image{.media_type = std::string(media_type::oci_manifest),
                         .digest = Digest::of("manifest"),
                         .size = 8,
                         .annotations = {{"io.containerd.image.name", "docker.io/library/a:1"}},
                         .platform = Platform::parse("linux/arm/v7")};
  const Index made = Index::make({image});
  EXPECT_EQ(made.raw(), R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)"
                        R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" +
                            image.digest.str() +
                            R"(","size":8,"annotations":{"io.containerd.image.name":"docker.io/library/a:1"},)"
                            R"("platform":{"architecture":"arm","os":"linux","variant":"v7"}}]})");
  EXPECT_EQ(made.manifests(), std::vector{image});
  EXPECT_EQ(Index::make({}).raw(),
            R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]})");
}

}  // namespace
}  // namespace nacre::oci
