// Images, manifests, indexes and names.
#include <algorithm>

#include <fmt/format.h>

#include "store_test_support.h"

namespace nacre::store::test {
namespace {

oci::Reference ref(std::string_view text) {
  return oci::Reference::parse(text);
}

class ImageTest : public StoreTest {
 protected:
  Store store_ = open();

  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const NameRecord& name : store_.names()) {
      result.push_back(name.name.familiar());
    }
    return result;
  }
  std::vector<oci::Digest> ids() const {
    std::vector<oci::Digest> result;
    for (const ImageRecord& image : store_.images()) {
      result.push_back(image.id);
    }
    return result;
  }
};

TEST_F(ImageTest, AnImageComesBackAsItWasPut) {
  const TestImage image = make_image("a", {"one", "two"});
  Lease lease = store_.lease();
  load_content(store_, lease, image);
  ImageRecord record{
      .id = image.id(),
      .manifest = image.parsed_manifest().digest(),
      .manifest_media_type = image.parsed_manifest().media_type(),
      .created = Timestamp{-62135596800, 1},  // the year 1, as Go's zero time
      .loaded = Timestamp{1700000000, 999999999},
      .size = 42,
      .platform = {"windows", "arm", "v7", "10.0", {"win32k", "a,b"}},
      .labels_json = R"({"a":"b"})",
      .parent = oci::Digest::of("parent"),
      .layers = image.diff_ids(),
  };
  lease.put_image(record, image.parsed_manifest(), {});
  const auto found = store_.find_image(image.id());
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->manifest, record.manifest);
  EXPECT_EQ(found->manifest_media_type, record.manifest_media_type);
  EXPECT_EQ(found->created, record.created);
  EXPECT_EQ(found->loaded, record.loaded);
  EXPECT_EQ(found->size, 42U);
  EXPECT_EQ(found->platform, record.platform);
  EXPECT_EQ(found->labels_json, record.labels_json);
  EXPECT_EQ(found->parent, record.parent);
  EXPECT_EQ(found->layers, record.layers);
  EXPECT_EQ(store_.images().at(0).layers, record.layers);
}

TEST_F(ImageTest, AnImageMayHaveNoLayersAndNoDate) {
  const ImageRecord record = load(store_, make_image("scratch", {}));
  const auto images = store_.images();
  ASSERT_EQ(images.size(), 1U);
  EXPECT_EQ(images[0].id, record.id);
  EXPECT_EQ(images[0].created, std::nullopt);
  EXPECT_TRUE(images[0].layers.empty());
  EXPECT_TRUE(store_.collect().blobs.empty());
}

TEST_F(ImageTest, ALayerMayStandTwiceInAStack) {
  const ImageRecord record = load(store_, make_image("twice", {"same", "other", "same"}));
  ASSERT_EQ(record.layers.size(), 3U);
  EXPECT_EQ(store_.find_image(record.id)->layers, record.layers);
}

TEST_F(ImageTest, NewestFirst) {
  std::vector<oci::Digest> expected;
  std::int64_t second = 0;
  for (const char* name : {"never", "old", "new"}) {
    const TestImage image = make_image(name, {"x"});
    Lease lease = store_.lease();
    load_content(store_, lease, image);
    const auto created = second == 0 ? std::nullopt : std::optional(Timestamp{second, 0});
    lease.put_image({.id = image.id(),
                     .manifest = image.id(),
                     .manifest_media_type = {},
                     .created = created,
                     .loaded = Timestamp{100 - second, 0},
                     .size = 0,
                     .platform = {},
                     .labels_json = "{}",
                     .parent = {},
                     .layers = image.diff_ids()},
                    image.parsed_manifest(), {});
    expected.insert(expected.begin(), image.id());
    ++second;
  }
  EXPECT_EQ(ids(), expected);
}

TEST_F(ImageTest, PutImageWantsItsContent) {
  const TestImage image = make_image("a", {"one"});
  Lease lease = store_.lease();
  lease.put_blob(as_bytes(image.config));
  lease.put_blob(as_bytes(image.manifest));
  const ImageRecord record{.id = image.id(),
                           .manifest = image.id(),
                           .manifest_media_type = {},
                           .created = {},
                           .loaded = {},
                           .size = 0,
                           .platform = {},
                           .labels_json = {},
                           .parent = {},
                           .layers = image.diff_ids()};
  EXPECT_EQ(error_code([&] { lease.put_image(record, image.parsed_manifest(), {}); }), Code::internal);
  EXPECT_TRUE(store_.images().empty());
}

TEST_F(ImageTest, ANameMoves) {
  const auto first = load(store_, make_image("a", {"one"}), {.names = {"app:1"}});
  const auto second = load(store_, make_image("b", {"two"}), {.names = {"app:1", "app:2"}});
  EXPECT_EQ(names(), (std::vector<std::string>{"app:1", "app:2"}));
  EXPECT_EQ(store_.find_name(ref("app:1"))->image, second.id);
  EXPECT_TRUE(store_.names_of(first.id).empty());
  EXPECT_EQ(store_.images().size(), 2U);

  EXPECT_EQ(store_.tag(first.id, first.manifest, ref("app:1")), second.id);
  EXPECT_EQ(store_.tag(first.id, first.manifest, ref("app:3")), std::nullopt);
  EXPECT_EQ(store_.find_name(ref("app:1"))->image, first.id);
}

TEST_F(ImageTest, TagWantsAnImageAndAWayToIt) {
  const auto image = load(store_, make_image("a", {"one"}));
  const auto other = oci::Digest::of("other");
  EXPECT_EQ(error_code([&] { store_.tag(other, other, ref("x:1")); }), Code::not_found);
  EXPECT_EQ(error_code([&] { store_.tag(image.id, other, ref("x:1")); }), Code::invalid_argument);
  EXPECT_EQ(error_code([&] { store_.tag(image.id, image.manifest, ref("x")); }), Code::invalid_argument);
  EXPECT_TRUE(store_.names().empty());
}

TEST_F(ImageTest, UntagLeavesTheImage) {
  const auto image = load(store_, make_image("a", {"one"}), {.names = {"app:1"}});
  EXPECT_TRUE(store_.untag(ref("app:1")));
  EXPECT_FALSE(store_.untag(ref("app:1")));
  EXPECT_EQ(ids(), std::vector{image.id});
}

TEST_F(ImageTest, FindsByPrefixOfTheId) {
  const auto image = load(store_, make_image("a", {"one"}));
  const std::string hex(image.id.hex());
  EXPECT_EQ(store_.find_by_id_prefix(hex.substr(0, 5)), std::vector{image.id});
  EXPECT_EQ(store_.find_by_id_prefix(hex), std::vector{image.id});
  EXPECT_EQ(store_.find_by_id_prefix("").size(), 1U);
  EXPECT_TRUE(store_.find_by_id_prefix(hex + "0").empty());
  EXPECT_TRUE(store_.find_by_id_prefix("%").empty());
  EXPECT_TRUE(store_.find_by_id_prefix("' OR 1").empty());
}

TEST_F(ImageTest, OneConfigMayComeInSeveralPackings) {
  const TestImage plain = make_image("a", {"one"}, Packing::plain);
  const TestImage packed = make_image("a", {"one"}, Packing::gzip);
  ASSERT_EQ(plain.id(), packed.id());
  load(store_, plain, {.names = {"app:plain"}});
  load(store_, packed, {.names = {"app:packed"}});
  store_.collect();
  ASSERT_EQ(store_.images().size(), 1U);
  EXPECT_EQ(store_.images()[0].manifest, packed.parsed_manifest().digest());
  EXPECT_EQ(store_.find_name(ref("app:plain"))->target, plain.parsed_manifest().digest());
  for (const TestImage* image : {&plain, &packed}) {
    EXPECT_TRUE(store_.has_blob(image->parsed_manifest().digest()));
    EXPECT_TRUE(store_.has_blob(oci::Digest::of(image->blobs[0])));
  }
}

TEST_F(ImageTest, RemovalTakesTheNamesAlong) {
  const auto image = load(store_, make_image("a", {"one"}), {.names = {"app:1", "app:2"}});
  EXPECT_EQ(store_.remove_image(image.id, PruneUntagged::no), std::vector{image.id});
  EXPECT_TRUE(store_.images().empty());
  EXPECT_TRUE(store_.names().empty());
  EXPECT_EQ(error_code([&] { store_.remove_image(image.id, PruneUntagged::no); }), Code::not_found);
}

TEST_F(ImageTest, RemovalTakesParentsNobodyNeeds) {
  const auto base = load(store_, make_image("base", {"one"}));
  const auto middle = load(store_, make_image("middle", {"one", "two"}), {.parent = base.id});
  const auto top = load(store_, make_image("top", {"one", "two", "three"}), {.names = {"top:1"}, .parent = middle.id});
  EXPECT_EQ(store_.remove_image(top.id, PruneUntagged::yes), (std::vector{top.id, middle.id, base.id}));
}

TEST_F(ImageTest, RemovalSparesParentsThatAreNamedSharedOrUsed) {
  const auto named = load(store_, make_image("named", {"one"}), {.names = {"named:1"}});
  const auto shared = load(store_, make_image("shared", {"two"}));
  const auto used = load(store_, make_image("used", {"three"}));
  const auto child_1 = load(store_, make_image("child-1", {"x"}), {.parent = named.id});
  const auto child_2 = load(store_, make_image("child-2", {"x"}), {.parent = shared.id});
  const auto child_3 = load(store_, make_image("child-3", {"x"}), {.parent = shared.id});
  const auto child_4 = load(store_, make_image("child-4", {"x"}), {.parent = used.id});
  store_.put_container(make_container("box", used.id));
  EXPECT_EQ(store_.remove_image(child_1.id, PruneUntagged::yes), std::vector{child_1.id});
  EXPECT_EQ(store_.remove_image(child_2.id, PruneUntagged::yes), std::vector{child_2.id});
  EXPECT_EQ(store_.remove_image(child_4.id, PruneUntagged::yes), std::vector{child_4.id});
  EXPECT_EQ(store_.remove_image(child_3.id, PruneUntagged::no), std::vector{child_3.id});
  EXPECT_TRUE(store_.find_image(shared.id).has_value());
}

class IndexTest : public ImageTest {
 protected:
  TestImage amd64_ = make_image("amd64", {"one"});
  TestImage arm64_ = make_image("arm64", {"two"});
  oci::Index index_ = oci::Index::make({amd64_.parsed_manifest().descriptor(), arm64_.parsed_manifest().descriptor()});

  void load_both() {
    load(store_, arm64_, {.names = {"app:1"}, .index = &index_});
    load(store_, amd64_, {.names = {"app:1"}, .index = &index_});
  }
};

TEST_F(IndexTest, ANameMayPointAtAnIndex) {
  load_both();
  const auto name = store_.find_name(ref("app:1"));
  ASSERT_TRUE(name.has_value());
  EXPECT_EQ(name->target, index_.digest());
  EXPECT_EQ(name->image, amd64_.id());
  EXPECT_EQ(store_.images_of_target(index_.digest()).size(), 2U);
  EXPECT_EQ(store_.images_of_target(arm64_.parsed_manifest().digest()).at(0).id, arm64_.id());
  EXPECT_TRUE(store_.images_of_target(oci::Digest::of("nothing")).empty());
}

TEST_F(IndexTest, TheIndexStaysAsLongAsAName) {
  load_both();
  store_.collect();
  EXPECT_EQ(store_.read_blob(index_.digest()), index_.raw());
  store_.tag(amd64_.id(), index_.digest(), ref("other:1"));
  store_.untag(ref("app:1"));
  store_.collect();
  EXPECT_TRUE(store_.has_blob(index_.digest()));
  store_.untag(ref("other:1"));
  EXPECT_EQ(store_.collect().blobs, std::vector{index_.digest()});
}

TEST_F(IndexTest, OfAnImageThatLeftNoManifestStays) {
  load_both();
  store_.remove_image(arm64_.id(), PruneUntagged::no);
  store_.collect();
  EXPECT_FALSE(store_.has_blob(arm64_.parsed_manifest().digest()));
  EXPECT_TRUE(store_.has_blob(index_.digest()));
  EXPECT_EQ(store_.images_of_target(index_.digest()).size(), 1U);
  load(store_, arm64_, {.names = {"app:1"}, .index = &index_});
  EXPECT_EQ(store_.images_of_target(index_.digest()).size(), 2U);
}

TEST_F(IndexTest, ListsTheBlobsOfAnImage) {
  load_both();
  std::vector<oci::Digest> expected = {amd64_.id(), amd64_.parsed_manifest().digest(), oci::Digest::of(amd64_.blobs[0]),
                                       index_.digest()};
  std::ranges::sort(expected);
  EXPECT_EQ(store_.blobs_of(amd64_.id()), expected);
}

}  // namespace
}  // namespace nacre::store::test
