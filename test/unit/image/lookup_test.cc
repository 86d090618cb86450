#include "image/lookup.h"

#include <map>

#include "image_test_support.h"

namespace nacre::image {
namespace {

using test::error_of;
using test::make_tar;
using test::name;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class LookupTest : public test::ImageTest {
 protected:
  std::optional<oci::Digest> found(std::string_view text) {
    const auto result = find(store(), text);
    return result ? std::optional(result->image.id) : std::nullopt;
  }
  // The name that led to the image; "" for none.
  std::string found_by(std::string_view text) {
    const auto result = find(store(), text);
    return result && result->name ? result->name->name.familiar() : "";
  }
  std::optional<oci::Digest> found_for(std::string_view text, std::string_view platform) {
    const auto result = find(store(), text, oci::Platform::parse(platform));
    return result ? std::optional(result->image.id) : std::nullopt;
  }
  oci::Digest put_for(std::string_view platform, std::vector<std::string> names = {}) {
    test::TestImage image{.names = std::move(names)};
    image.config.platform = oci::Platform::parse(platform);
    return put(image);
  }
};

TEST_F(LookupTest, ANameIsNormalisedAndItsTagIsLatest) {
  const auto id = put({.names = {"app", "reg.example:5000/team/app:2"}});
  for (const char* text : {"app", "app:latest", "library/app", "docker.io/app", "index.docker.io/library/app:latest"}) {
    EXPECT_EQ(found(text), id) << text;
    EXPECT_EQ(found_by(text), "app:latest") << text;
  }
  EXPECT_EQ(found_by("reg.example:5000/team/app:2"), "reg.example:5000/team/app:2");
  for (const char* text : {"app:2", "ap", "team/app:2", "reg.example:5000/team/app", "reg.example/team/app:2"}) {
    EXPECT_EQ(found(text), std::nullopt) << text;
  }
}

TEST_F(LookupTest, ADigestIsLookedForInItsRepository) {
  const auto id = put({.names = {"app:1"}});
  const std::string digest = "@" + record(id).manifest.str();
  EXPECT_EQ(found("app" + digest), id);
  EXPECT_EQ(found_by("app" + digest), "app:1");
  // The digest decides: a tag beside it is not looked at.
  EXPECT_EQ(found("app:unknown" + digest), id);
  EXPECT_EQ(found("other" + digest), std::nullopt);
  EXPECT_EQ(found("app@" + oci::Digest::of("x").str()), std::nullopt);
  // An image ID is no digest of a repository.
  EXPECT_EQ(found("app@" + id.str()), std::nullopt);

  store().tag(id, record(id).manifest, name("other" + digest));
  EXPECT_EQ(found_by("other" + digest), "other" + digest);
}

TEST_F(LookupTest, AnIdMayBeShortened) {
  const auto id = put({.names = {"app:1"}});
  const std::string hex(id.hex());
  for (const std::string& text :
       {id.str(), hex, id.short_id(), hex.substr(0, 1), "sha256:" + hex.substr(0, 4), hex.substr(0, 63)}) {
    EXPECT_EQ(found(text), id) << text;
    EXPECT_EQ(found_by(text), "") << text;
  }
  const std::string other_digit(1, hex[0] == '0' ? '1' : '0');
  for (const std::string& text :
       {std::string(), other_digit, hex + "0", hex.substr(1, 12), std::string("sha256:"), "sha512:" + hex}) {
    EXPECT_EQ(found(text), std::nullopt) << text;
  }
}

TEST_F(LookupTest, AnAmbiguousIdIsRefused) {
  // Two of seventeen begin with the same digit.
  std::map<char, oci::Digest> first;
  std::optional<std::pair<oci::Digest, oci::Digest>> twins;
  for (std::int64_t i = 0; i < 17; ++i) {
    const auto id = put(test::created_at(i));
    const auto [place, is_new] = first.emplace(id.hex()[0], id);
    if (!is_new) {
      twins.emplace(place->second, id);
    }
  }
  ASSERT_TRUE(twins.has_value());
  const auto& [one, two] = *twins;
  const auto error = error_of([&] { found(one.hex().substr(0, 1)); });
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->code(), Code::invalid_argument);
  EXPECT_THAT(error->message(), HasSubstr("ambiguous"));
  EXPECT_EQ(error_of([&] { found("sha256:" + std::string(one.hex().substr(0, 1))); })->code(), Code::invalid_argument);

  std::size_t same = 0;
  while (one.hex()[same] == two.hex()[same]) {
    ++same;
  }
  EXPECT_EQ(found(one.hex().substr(0, same + 1)), one);
  EXPECT_EQ(found(two.hex().substr(0, same + 1)), two);
}

TEST_F(LookupTest, ANameWinsOverAnId) {
  const auto by_id = put(test::created_at(1));
  const auto by_name = put(test::created_at(2, {by_id.short_id() + ":latest"}));
  EXPECT_EQ(found(by_id.short_id()), by_name);
  EXPECT_EQ(found("sha256:" + by_id.short_id()), by_id);
  EXPECT_EQ(found(by_id.hex().substr(0, 11)), by_id);
}

TEST_F(LookupTest, AMissingImageIsNamedAsDockerDoes) {
  put({.names = {"app:1"}});
  const auto check = [&](const std::string& text, const std::string& message) {
    const auto error = error_of([&] { get(store(), text); });
    ASSERT_TRUE(error.has_value()) << text;
    EXPECT_EQ(error->code(), Code::not_found);
    EXPECT_EQ(error->message(), message);
  };
  check("app", "No such image: app:latest");
  check("app:2", "No such image: app:2");
  check("docker.io/library/app:2", "No such image: app:2");
  const std::string unknown = oci::Digest::of("x").str();
  check(unknown, "No such image: " + unknown);
  check("app@" + unknown, "No such image: app@" + unknown);
  EXPECT_EQ(get(store(), "app:1").image.id, *found("app:1"));
}

TEST_F(LookupTest, WhatDockerRefusesIsRefusedInItsWords) {
  put({.names = {"app:1"}});
  const auto check = [&](const std::string& text, const std::string& message) {
    const auto error = error_of([&] { get(store(), text); });
    ASSERT_TRUE(error.has_value()) << text;
    EXPECT_EQ(error->code(), Code::invalid_argument) << text;
    EXPECT_EQ(error->message(), message);
  };
  check("ABC", "invalid reference format: repository name (library/ABC) must be lowercase");
  check("App:1", "invalid reference format: repository name (library/App) must be lowercase");
  check("", "invalid reference format: ''");
  check("app:", "invalid reference format: 'app:'");
  check("sha256:", "invalid reference format: 'sha256:'");
  check("a b", "invalid reference format: 'a b'");
  // A whole ID is not taken for a name, nor is one that is not here refused.
  const auto unknown = oci::Digest::of("x");
  const auto error = error_of([&] { get(store(), unknown.hex()); });
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->code(), Code::not_found);
  EXPECT_EQ(error->message(), "No such image: " + unknown.str());
}

TEST_F(LookupTest, OfAnIndexThePlatformDecides) {
  const auto arm = put_for("linux/arm64");
  const auto amd = put_for("linux/amd64");
  const auto index = put_index({arm, amd}, {"multi:1"});
  EXPECT_EQ(found("multi:1"), amd);  // what the name stands for
  EXPECT_EQ(found_for("multi:1", "linux/arm64"), arm);
  EXPECT_EQ(found_for("multi:1", "linux/amd64"), amd);
  EXPECT_EQ(found_for("multi@" + index.digest().str(), "linux/arm64"), arm);
  EXPECT_EQ(error_of([&] { found_for("multi:1", "linux/s390x"); })->code(), Code::not_found);
  EXPECT_EQ(found_for("nothing:1", "linux/arm64"), std::nullopt);
}

TEST_F(LookupTest, TheNearestVariantIsTaken) {
  const auto v5 = put_for("linux/arm/v5");
  const auto v6 = put_for("linux/arm/v6");
  put_index({v5, v6}, {"arm:1"});
  EXPECT_EQ(found_for("arm:1", "linux/arm/v7"), v6);
  EXPECT_EQ(found_for("arm:1", "linux/arm/v5"), v5);
}

TEST_F(LookupTest, AnIdOfAnotherPlatformIsRefused) {
  const auto arm = put_for("linux/arm64", {"arm:1"});
  EXPECT_EQ(found_for(arm.str(), "linux/arm64"), arm);
  for (const std::string& text : {arm.str(), std::string("arm:1")}) {
    const auto error = error_of([&] { found_for(text, "linux/amd64"); });
    ASSERT_TRUE(error.has_value()) << text;
    EXPECT_EQ(error->code(), Code::not_found);
    EXPECT_THAT(error->message(), HasSubstr("linux/amd64"));
  }
}

TEST_F(LookupTest, TheConfigIsReadAndVerified) {
  test::TestImage image;
  image.config.author = "somebody";
  const auto id = put(image);
  EXPECT_EQ(read_config(store(), id).fields().author, "somebody");

  const auto file = store().layout().blob(id);
  std::string text = test::slurp(file);
  text.replace(text.find("somebody"), 8, "somewhat");
  test::spill(file, text);
  const auto error = error_of([&] { read_config(store(), id); });
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->code(), Code::corrupt);
  EXPECT_THAT(error->message(), HasSubstr(id.str()));
}

TEST_F(LookupTest, TheTreeIsOfAllLayers) {
  const auto id = put(
      {.tars = {make_tar({{"etc/old", "1"}, {"etc/kept", "2"}}), make_tar({{"etc/.wh.old", ""}, {"etc/new", "3"}})}});
  const auto tree = read_tree(store(), record(id), {});
  const auto etc = tree.resolve("/etc", tree::FollowLast::no);
  ASSERT_TRUE(etc.has_value());
  std::vector<std::string> names;
  for (const auto& entry : tree.entries(*etc)) {
    names.emplace_back(entry.name);
  }
  EXPECT_THAT(names, testing::ElementsAre("kept", "new"));
  EXPECT_TRUE(store().has_chain(oci::chain_id(record(id).layers)));
}

TEST_F(LookupTest, AnImageWithoutLayersHasAnEmptyTree) {
  const auto tree = read_tree(store(), record(put({})), {});
  EXPECT_THAT(tree.entries(tree::root_inode), IsEmpty());
}

TEST_F(LookupTest, TheTreeOfAnImageThatIsGoneIsAnError) {
  const auto id = put({.tars = {make_tar({{"a", "1"}})}});
  const auto gone = record(id);
  EXPECT_THAT(store().remove_image(id, store::PruneUntagged::no), SizeIs(1));
  EXPECT_EQ(error_of([&] { read_tree(store(), gone, {}); })->code(), Code::not_found);
}

}  // namespace
}  // namespace nacre::image
