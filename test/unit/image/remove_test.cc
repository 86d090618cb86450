#include "image/remove.h"

#include <fmt/format.h>

#include "image_test_support.h"

namespace nacre::image {
namespace {

using store::PruneUntagged;
using test::created_at;
using test::error_of;
using test::make_tar;
using test::name;
using test::noise;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class RemoveTest : public test::ImageTest {
 protected:
  // What happened, a line for each event.
  std::vector<std::string> remove(std::string_view text, Force force = Force::no,
                                  PruneUntagged prune = PruneUntagged::yes) {
    return lines_of(remove_image(store(), text, force, prune));
  }
  std::vector<std::string> prune(const std::vector<std::string>& filters) {
    ListFilters parsed;
    for (const auto& filter : filters) {
      parsed.add_prune_filter(filter);
    }
    return lines_of(prune_images(store(), parsed, {}));
  }
  static std::vector<std::string> lines_of(const Removal& removal) {
    std::vector<std::string> lines;
    for (const auto& event : removal.events) {
      lines.push_back((event.kind == Removal::Event::Kind::untagged ? "untagged " : "deleted ") + event.subject);
    }
    return lines;
  }
  static std::string deleted(const oci::Digest& id) { return "deleted " + id.str(); }
  // The stack of the layers that these tars became.
  static std::string deleted_chain(const std::vector<std::string>& tars) {
    std::vector<oci::DiffId> layers;
    for (const auto& tar : tars) {
      layers.push_back({oci::Digest::of(tar)});
    }
    return deleted(oci::chain_id(layers).digest);
  }

  void expect_conflict(std::string_view text, Force force, const std::string& message) {
    const auto error = error_of([&] { remove(text, force); });
    ASSERT_TRUE(error.has_value()) << text;
    EXPECT_EQ(error->code(), Code::conflict);
    EXPECT_EQ(error->message(), message);
  }
  bool is_here(const oci::Digest& id) { return store().find_image(id).has_value(); }
  std::vector<std::string> names() {
    std::vector<std::string> result;
    for (const auto& each : store().names()) {
      result.push_back(each.name.familiar());
    }
    return result;
  }
  oci::Digest put_child(const oci::Digest& parent, std::vector<std::string> names = {}) {
    auto image = created_at(2, std::move(names));
    image.config.author = "built on " + parent.str();
    image.parent = parent;
    return put(image);
  }
  // Of all images, in bytes.
  std::uint64_t bytes_on_disk() {
    const auto usage = store().disk_usage();
    return usage.blobs + usage.tars + usage.indexes + usage.chains + usage.trash;
  }
};

const std::string base_tar = make_tar({{"base", noise(20'000)}});
const std::string top_tar = make_tar({{"top", noise(10'000, 2)}});

TEST_F(RemoveTest, ANameIsUntaggedAndTheLastTakesTheImage) {
  const auto id = put({.tars = {base_tar, top_tar}, .names = {"app:1", "app:2"}});
  EXPECT_THAT(remove("app:1"), ElementsAre("untagged app:1"));
  EXPECT_TRUE(is_here(id));
  EXPECT_THAT(
      remove("docker.io/library/app:2"),
      ElementsAre("untagged app:2", deleted(id), deleted_chain({base_tar, top_tar}), deleted_chain({base_tar})));
  EXPECT_FALSE(is_here(id));
  EXPECT_THAT(store().names(), IsEmpty());
  EXPECT_FALSE(store().find_layer({oci::Digest::of(base_tar)}).has_value());
}

TEST_F(RemoveTest, AMissingImageIsNamed) {
  const auto id = put({.names = {"app:1"}});
  EXPECT_EQ(error_of([&] { remove("app"); })->message(), "No such image: app:latest");
  EXPECT_EQ(error_of([&] { remove("app", Force::yes); })->code(), Code::not_found);
  EXPECT_TRUE(is_here(id));
}

TEST_F(RemoveTest, AnIdTakesTheImageWithItsOneName) {
  const auto id = put({.names = {"app:1"}});
  EXPECT_THAT(remove(id.short_id()), ElementsAre("untagged app:1", deleted(id)));
  const auto unnamed = put(created_at(1));
  EXPECT_THAT(remove(unnamed.str()), ElementsAre(deleted(unnamed)));
}

TEST_F(RemoveTest, AnIdWithSeveralNamesNeedsForce) {
  for (const char* second : {"other:1", "app:2"}) {
    const auto id = put({.names = {"app:1", second}});
    expect_conflict(id.str(), Force::no,
                    fmt::format("conflict: unable to delete {} (must be forced) - image is referenced in multiple "
                                "repositories",
                                id.short_id()));
    EXPECT_TRUE(is_here(id));
    EXPECT_THAT(remove(id.str(), Force::yes),
                UnorderedElementsAre("untagged app:1", std::string("untagged ") + second, deleted(id)));
  }
}

TEST_F(RemoveTest, WithARepositorysLastTagGoItsDigests) {
  const auto id = put({.names = {"app:1", "other:1"}});
  const std::string digest = "app@" + record(id).manifest.str();
  store().tag(id, record(id).manifest, name(digest));
  EXPECT_THAT(remove("app:1"), UnorderedElementsAre("untagged app:1", "untagged " + digest));
  EXPECT_THAT(names(), ElementsAre("other:1"));

  // A tag and a digest of one repository are no two names: the ID needs no force.
  store().tag(id, record(id).manifest, name("other@" + record(id).manifest.str()));
  EXPECT_THAT(remove(id.str()),
              UnorderedElementsAre("untagged other:1", "untagged other@" + record(id).manifest.str(), deleted(id)));
}

TEST_F(RemoveTest, ADigestGoesAlone) {
  const auto id = put({.names = {"app:1"}});
  const std::string digest = "app@" + record(id).manifest.str();
  store().tag(id, record(id).manifest, name(digest));
  EXPECT_THAT(remove(digest), ElementsAre("untagged " + digest));
  EXPECT_THAT(names(), ElementsAre("app:1"));
}

TEST_F(RemoveTest, SharedLayersStay) {
  const auto base = put({.tars = {base_tar}, .names = {"base:1"}});
  const auto both = put({.tars = {base_tar, top_tar}, .names = {"both:1"}});
  EXPECT_THAT(remove("both:1"), ElementsAre("untagged both:1", deleted(both), deleted_chain({base_tar, top_tar})));
  EXPECT_TRUE(fs::exists(store().layout().layer_tar({oci::Digest::of(base_tar)})));
  EXPECT_FALSE(fs::exists(store().layout().layer_tar({oci::Digest::of(top_tar)})));
  EXPECT_TRUE(is_here(base));
}

TEST_F(RemoveTest, WhatIsReclaimedIsWhatTheDiskGetsBack) {
  put({.tars = {base_tar}, .names = {"base:1"}});
  put({.tars = {base_tar, top_tar}, .names = {"both:1"}});
  const auto before = bytes_on_disk();
  const auto removal = remove_image(store(), "both:1", Force::no, PruneUntagged::yes);
  store().empty_trash();
  EXPECT_GT(removal.reclaimed, 10'000U);
  EXPECT_LT(removal.reclaimed, 40'000U);
  EXPECT_EQ(before - bytes_on_disk(), removal.reclaimed);

  const auto left = store().images().at(0);
  store().tag(left.id, left.manifest, name("second:1"));
  EXPECT_EQ(remove_image(store(), "second:1", Force::no, PruneUntagged::yes).reclaimed, 0U);
}

TEST_F(RemoveTest, AContainerKeepsItsImage) {
  const auto id = put({.names = {"app:1"}});
  const auto stopped = put_container(id, "exited");
  const auto container = stopped.id.substr(0, 12);
  expect_conflict("app:1", Force::no,
                  fmt::format("conflict: unable to remove repository reference \"app:1\" (must force) - container {} "
                              "is using its referenced image {}",
                              container, id.short_id()));
  expect_conflict(id.str(), Force::no,
                  fmt::format("conflict: unable to delete {} (must be forced) - image is being used by stopped "
                              "container {}",
                              id.short_id(), container));
  EXPECT_THAT(names(), ElementsAre("app:1"));
  // A name that is not the last may go.
  store().tag(id, record(id).manifest, name("app:2"));
  EXPECT_THAT(remove("app:2"), ElementsAre("untagged app:2"));
  EXPECT_THAT(remove("app:1", Force::yes), ElementsAre("untagged app:1", deleted(id)));
}

TEST_F(RemoveTest, ARunningContainerCannotBeForced) {
  const auto id = put({.names = {"app:1"}});
  const auto running = put_container(id, "running");
  for (const auto force : {Force::no, Force::yes}) {
    expect_conflict(id.str(), force,
                    fmt::format("conflict: unable to delete {} (cannot be forced) - image is being used by running "
                                "container {}",
                                id.short_id(), running.id.substr(0, 12)));
  }
  EXPECT_TRUE(is_here(id));
}

TEST_F(RemoveTest, AnImageWithChildrenCannotBeForced) {
  const auto parent = put(created_at(1));
  const auto child = put_child(parent);
  for (const auto force : {Force::no, Force::yes}) {
    expect_conflict(parent.str(), force,
                    fmt::format("conflict: unable to delete {} (cannot be forced) - image has dependent child images",
                                parent.short_id()));
  }
  EXPECT_TRUE(is_here(child));
}

TEST_F(RemoveTest, ByNameARunningContainerIsAConflictButWithForceOnlyTheNameGoes) {
  const auto id = put({.tars = {top_tar}, .names = {"app:1"}});
  const auto running = put_container(id, "running");
  expect_conflict("app:1", Force::no,
                  fmt::format("conflict: unable to remove repository reference \"app:1\" (must force) - container {} "
                              "is using its referenced image {}",
                              running.id.substr(0, 12), id.short_id()));
  EXPECT_THAT(names(), ElementsAre("app:1"));
  EXPECT_THAT(remove("app:1", Force::yes), ElementsAre("untagged app:1"));
  EXPECT_THAT(names(), IsEmpty());
  EXPECT_TRUE(is_here(id));
  EXPECT_TRUE(store().find_layer({oci::Digest::of(top_tar)}).has_value());
}

TEST_F(RemoveTest, ByNameAnImageWithChildrenLosesTheNameAlone) {
  for (const auto force : {Force::no, Force::yes}) {
    const auto parent = put(created_at(1, {"base:1"}));
    store().tag(parent, record(parent).manifest, name("base@" + record(parent).manifest.str()));
    const auto child = put_child(parent);
    EXPECT_THAT(remove("base:1", force),
                UnorderedElementsAre("untagged base:1", "untagged base@" + record(parent).manifest.str()));
    EXPECT_TRUE(is_here(parent));
    EXPECT_EQ(record(child).parent, parent);
    // Without a name it goes with its child.
    EXPECT_THAT(remove(child.str()), ElementsAre(deleted(child), deleted(parent)));
  }
}

TEST_F(RemoveTest, ByIdWhatCannotBeForcedIsToldFirst) {
  const auto id = put({.names = {"app:1", "other:1"}});
  const auto stopped = put_container(id, "exited");
  const auto several = fmt::format(
      "conflict: unable to delete {} (must be forced) - image is referenced in multiple repositories", id.short_id());
  expect_conflict(id.str(), Force::no, several);
  const auto running = put_container(id, "running");
  expect_conflict(id.str(), Force::no,
                  fmt::format("conflict: unable to delete {} (cannot be forced) - image is being used by running "
                              "container {}",
                              id.short_id(), running.id.substr(0, 12)));
  put_child(id);
  expect_conflict(id.str(), Force::no,
                  fmt::format("conflict: unable to delete {} (cannot be forced) - image has dependent child images",
                              id.short_id()));
}

TEST_F(RemoveTest, EachImageIsFollowedByTheLayersThatWentWithIt) {
  const std::string middle_tar = make_tar({{"middle", "m"}});
  const auto oldest = put({.tars = {base_tar}});
  auto of_middle = test::TestImage{.tars = {base_tar, middle_tar}, .parent = oldest};
  const auto middle = put(of_middle);
  const auto child = put({.tars = {base_tar, middle_tar, top_tar}, .names = {"app:1"}, .parent = middle});
  EXPECT_THAT(
      remove("app:1"),
      ElementsAre("untagged app:1", deleted(child), deleted_chain({base_tar, middle_tar, top_tar}), deleted(middle),
                  deleted_chain({base_tar, middle_tar}), deleted(oldest), deleted_chain({base_tar})));
}

TEST_F(RemoveTest, UnnamedParentsGoToo) {
  const auto oldest = put(created_at(1));
  const auto middle = put_child(oldest);
  const auto child = put_child(middle, {"app:1"});
  EXPECT_THAT(remove("app:1"), ElementsAre("untagged app:1", deleted(child), deleted(middle), deleted(oldest)));
}

TEST_F(RemoveTest, ParentsStayThatAreNeededOrWanted) {
  const auto named = put(created_at(1, {"base:1"}));
  const auto first = put_child(named, {"app:1"});
  EXPECT_THAT(remove("app:1"), ElementsAre("untagged app:1", deleted(first)));

  const auto parent = put(created_at(3));
  const auto one = put_child(parent, {"one:1"});
  EXPECT_THAT(remove("one:1", Force::no, PruneUntagged::no), ElementsAre("untagged one:1", deleted(one)));
  EXPECT_TRUE(is_here(parent));

  const auto two = put_child(parent, {"two:1"});
  put_container(parent, "exited");
  EXPECT_THAT(remove("two:1"), ElementsAre("untagged two:1", deleted(two)));
  EXPECT_TRUE(is_here(parent));
  EXPECT_TRUE(is_here(named));
}

class RemoveIndexTest : public RemoveTest {
 protected:
  RemoveIndexTest() {
    test::TestImage image{.tars = {top_tar}};
    image.config.platform = oci::Platform::parse("linux/s390x");
    other_ = put(image);
    host_ = put(created_at(1));
    put_index({other_, host_}, {"multi:1"});
  }
  oci::Digest other_ = oci::Digest::of("");
  oci::Digest host_ = oci::Digest::of("");
};

TEST_F(RemoveIndexTest, TheNameTakesTheImagesOfAllPlatforms) {
  EXPECT_THAT(remove("multi:1"),
              UnorderedElementsAre("untagged multi:1", deleted(host_), deleted(other_), deleted_chain({top_tar})));
  EXPECT_THAT(store().images(), IsEmpty());
}

TEST_F(RemoveIndexTest, WhatHasANameOfItsOwnStays) {
  store().tag(other_, record(other_).manifest, name("other:1"));
  EXPECT_THAT(remove("multi:1"), UnorderedElementsAre("untagged multi:1", deleted(host_)));
  EXPECT_TRUE(is_here(other_));
}

TEST_F(RemoveIndexTest, NothingGoesWhenOnePlatformIsInUse) {
  put_container(other_, "exited");
  EXPECT_THROW(remove("multi:1"), Error);
  EXPECT_TRUE(is_here(host_));
  EXPECT_TRUE(is_here(other_));
  EXPECT_EQ(store().names().size(), 1U);
}

TEST_F(RemoveIndexTest, NothingGoesWhenAContainerRunsOnOnePlatform) {
  const auto running = put_container(other_, "running");
  expect_conflict("multi:1", Force::no,
                  fmt::format("conflict: unable to remove repository reference \"multi:1\" (must force) - container "
                              "{} is using its referenced image {}",
                              running.id.substr(0, 12), other_.short_id()));
  EXPECT_TRUE(is_here(host_));
  EXPECT_THAT(names(), ElementsAre("multi:1"));
}

TEST_F(RemoveIndexTest, WithForceOnlyThePlatformStaysThatRuns) {
  put_container(other_, "running");
  EXPECT_THAT(remove("multi:1", Force::yes), ElementsAre("untagged multi:1", deleted(host_)));
  EXPECT_TRUE(is_here(other_));
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(RemoveIndexTest, TheOthersGoWhenTheHostsImageIsNeeded) {
  put_child(host_);
  EXPECT_THAT(remove("multi:1"), ElementsAre("untagged multi:1", deleted(other_), deleted_chain({top_tar})));
  EXPECT_TRUE(is_here(host_));
}

class PruneTest : public RemoveTest {};

TEST_F(PruneTest, TakesWhatHasNoName) {
  const auto named = put(created_at(3, {"app:1"}));
  const auto dangling = put({.tars = {top_tar}});
  const auto in_use = put(created_at(1));
  put_container(in_use, "exited");
  EXPECT_THAT(prune({}), ElementsAre(deleted(dangling), deleted_chain({top_tar})));
  EXPECT_TRUE(is_here(named));
  EXPECT_TRUE(is_here(in_use));
  EXPECT_THAT(prune({}), IsEmpty());
}

TEST_F(PruneTest, ADanglingChildTakesItsParents) {
  const auto parent = put(created_at(1));
  const auto child = put_child(parent);
  EXPECT_THAT(prune({}), ElementsAre(deleted(child), deleted(parent)));
}

TEST_F(PruneTest, TakesWhatHasOnlyADigest) {
  const auto tagged = put(created_at(2, {"app:1"}));
  store().tag(tagged, record(tagged).manifest, name("app@" + record(tagged).manifest.str()));
  const auto digested = put(created_at(1));
  const std::string digest = "app@" + record(digested).manifest.str();
  store().tag(digested, record(digested).manifest, name(digest));
  EXPECT_THAT(prune({}), ElementsAre("untagged " + digest, deleted(digested)));
  EXPECT_TRUE(is_here(tagged));
}

TEST_F(PruneTest, AParentInUseByItsChildLosesItsNamesAlone) {
  const auto parent = put(created_at(1, {"base:1"}));
  const auto child = put_child(parent, {"app:1"});
  put_container(child, "exited");
  EXPECT_THAT(prune({"dangling=false"}), ElementsAre("untagged base:1"));
  EXPECT_TRUE(is_here(parent));
  EXPECT_EQ(record(child).parent, parent);
}

TEST_F(PruneTest, AParentThatIsYoungerThanItsChildGoesToo) {
  const auto parent = put(created_at(9, {"base:1"}));
  const auto child = put_child(parent, {"app:1"});
  EXPECT_THAT(prune({"dangling=false"}),
              ElementsAre("untagged base:1", "untagged app:1", deleted(child), deleted(parent)));
}

TEST_F(PruneTest, AllTakesWhatNoContainerUses) {
  const auto named = put(created_at(3, {"app:1", "other:2"}));
  const auto dangling = put(created_at(2));
  const auto in_use = put(created_at(1, {"used:1"}));
  put_container(in_use, "exited");
  EXPECT_THAT(prune({"dangling=false"}),
              ElementsAre("untagged app:1", "untagged other:2", deleted(named), deleted(dangling)));
  EXPECT_THAT(names(), ElementsAre("used:1"));
}

TEST_F(PruneTest, FiltersSayWhich) {
  const auto labelled = [&](std::int64_t seconds, const std::string& value) {
    auto image = created_at(seconds);
    image.config.defaults.labels = {{"keep", value}};
    return put(image);
  };
  const auto old = labelled(100, "no");
  const auto young = labelled(200, "no");
  const auto kept = labelled(50, "yes");
  EXPECT_THAT(prune({"label=keep=no", "until=150"}), ElementsAre(deleted(old)));
  EXPECT_THAT(prune({"label!=keep=yes"}), ElementsAre(deleted(young)));
  EXPECT_TRUE(is_here(kept));
}

TEST_F(PruneTest, CanBeCancelled) {
  const auto id = put(created_at(1));
  const CancelToken cancel;
  cancel.request();
  EXPECT_THROW(prune_images(store(), {}, cancel), Cancelled);
  EXPECT_TRUE(is_here(id));
}

}  // namespace
}  // namespace nacre::image
