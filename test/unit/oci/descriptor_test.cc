#include "oci/descriptor.h"

#include <gtest/gtest.h>

#include "test/unit/oci/errors.h"

namespace nacre::oci {
namespace {

const std::string digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

Descriptor read(const std::string& text) {
  return Descriptor::from_json(parse_json(text));
}

std::string error(const std::string& text) {
  return error_of([&] { read(text); });
}

TEST(Descriptor, ReadsAndWritesEveryField) {
  const std::string text =
      R"({"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":")" + digest +
      R"(","size":32654,"urls":["https://example.com/foo"],"annotations":{"a":"1","b":"2"},)"
      R"("platform":{"architecture":"arm","os":"linux","variant":"v7"},"artifactType":"application/x"})";
  const Descriptor descriptor = read(text);
  EXPECT_EQ(descriptor.media_type, "application/vnd.oci.image.layer.v1.tar+gzip");
  EXPECT_EQ(descriptor.digest, Digest::of(""));
  EXPECT_EQ(descriptor.size, 32654U);
  EXPECT_EQ(descriptor.urls, std::vector<std::string>{"https://example.com/foo"});
  EXPECT_EQ(descriptor.annotations.at("b"), "2");
  EXPECT_EQ(descriptor.platform->str(), "linux/arm/v7");
  EXPECT_EQ(descriptor.artifact_type, "application/x");
  EXPECT_EQ(to_go_json(descriptor.to_json()), text);
}

TEST(Descriptor, NeedsOnlyDigestAndSize) {
  const Descriptor descriptor = read(R"({"digest":")" + digest + R"(","size":0,"urls":null,"platform":null})");
  EXPECT_EQ(descriptor.media_type, "");
  EXPECT_FALSE(descriptor.platform);
  EXPECT_EQ(to_go_json(descriptor.to_json()), R"({"mediaType":"","digest":")" + digest + R"(","size":0})");
}

TEST(Descriptor, NamesTheFieldThatIsOff) {
  const std::string start = R"({"mediaType":"m","digest":")" + digest + R"(","size":)";
  EXPECT_EQ(error("[]"), "corrupt: descriptor: expected an object, found array");
  EXPECT_EQ(error("{}"), "corrupt: field 'digest': missing");
  EXPECT_EQ(error(R"({"digest":")" + digest + R"("})"), "corrupt: field 'size': missing");
  EXPECT_EQ(error(R"({"digest":"sha256:../../etc/passwd","size":1})"),
            "corrupt: field 'digest': digest 'sha256:../../etc/passwd': invalid checksum digest length");
  EXPECT_EQ(error(start + "-1}"), "corrupt: field 'size': -1 is negative");
  EXPECT_EQ(error(start + "1.0}"), "corrupt: field 'size': expected an integer, found number");
  EXPECT_EQ(error(start + "\"1\"}"), "corrupt: field 'size': expected an integer, found string");
  EXPECT_EQ(error(start + "1,\"mediaType\":[]}"), "corrupt: field 'mediaType': expected a string, found array");
  EXPECT_EQ(error(start + "1,\"urls\":{}}"), "corrupt: field 'urls': expected an array of strings, found object");
  EXPECT_EQ(error(start + "1,\"annotations\":{\"a\":1}}"),
            "corrupt: field 'annotations.a': expected a string, found number");
  EXPECT_EQ(error(start + "1,\"platform\":{\"os\":1}}"),
            "corrupt: field 'platform': field 'os': expected a string, found number");
  EXPECT_EQ(error(start + "1,\"platform\":\"linux\"}"),
            "corrupt: field 'platform': field 'os': expected it in an object, found string");
}

}  // namespace
}  // namespace nacre::oci
