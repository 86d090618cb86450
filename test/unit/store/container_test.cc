// What containers record, and what they keep alive.
#include <fmt/format.h>

#include "store_test_support.h"

namespace nacre::store::test {
namespace {

class ContainerTest : public StoreTest {
 protected:
  Store store_ = open();
};

TEST_F(ContainerTest, ComesBackAsItWasPut) {
  const auto image = load(store_, make_image("a", {"one"}));
  ContainerRecord box = make_container("box", image.id);
  box.exit_code = 137;
  store_.put_container(box);
  const auto containers = store_.containers();
  ASSERT_EQ(containers.size(), 1U);
  EXPECT_EQ(containers[0].id, box.id);
  EXPECT_EQ(containers[0].name, "box");
  EXPECT_EQ(containers[0].image, image.id);
  EXPECT_EQ(containers[0].image_name, box.image_name);
  EXPECT_EQ(containers[0].command, box.command);
  EXPECT_EQ(containers[0].created, box.created);
  EXPECT_EQ(containers[0].state, "created");
  EXPECT_EQ(containers[0].exit_code, 137);
}

TEST_F(ContainerTest, ChangesState) {
  const auto image = load(store_, make_image("a", {"one"}));
  const auto box = make_container("box", image.id);
  store_.put_container(box);
  store_.set_container_state(box.id, "exited", 3);
  EXPECT_EQ(store_.containers().at(0).state, "exited");
  EXPECT_EQ(store_.containers().at(0).exit_code, 3);
  store_.set_container_state(box.id, "running", std::nullopt);
  EXPECT_EQ(store_.containers().at(0).exit_code, std::nullopt);
  EXPECT_EQ(error_code([&] { store_.set_container_state("nobody", "running", {}); }), Code::not_found);
}

TEST_F(ContainerTest, ANameIsTakenOnce) {
  const auto image = load(store_, make_image("a", {"one"}));
  const auto box = make_container("box", image.id);
  store_.put_container(box);
  auto other = make_container("other", image.id);
  other.name = "box";
  EXPECT_EQ(
      error_message([&] { store_.put_container(other); }),
      fmt::format("Conflict. The container name \"/box\" is already in use by container \"{}\". You have to remove "
                  "(or rename) that container to be able to reuse that name.",
                  box.id));
  EXPECT_EQ(error_code([&] { store_.put_container(other); }), Code::conflict);
  store_.remove_container(box.id);
  EXPECT_NO_THROW(store_.put_container(other));
}

TEST_F(ContainerTest, WantsAnImage) {
  EXPECT_EQ(error_code([&] { store_.put_container(make_container("box", oci::Digest::of("x"))); }), Code::not_found);
  EXPECT_TRUE(store_.containers().empty());
}

TEST_F(ContainerTest, KeepsItsLayersThoughItsImageIsRemoved) {
  const TestImage image = make_image("a", {"one", "two"});
  load(store_, image);
  const auto box = make_container("box", image.id());
  store_.put_container(box);
  store_.remove_image(image.id(), PruneUntagged::yes);
  store_.collect();
  for (const auto& layer : image.diff_ids()) {
    EXPECT_TRUE(path_exists(store_.layout().layer_tar(layer)));
  }
  EXPECT_TRUE(store_.has_chain(oci::chain_id(image.diff_ids())));
  EXPECT_TRUE(store_.has_blob(image.id())) << "its config";
  EXPECT_FALSE(store_.has_blob(image.parsed_manifest().digest()));

  store_.remove_container(box.id);
  EXPECT_EQ(store_.collect().layers.size(), 2U);
  store_.empty_trash();
  EXPECT_TRUE(files_below(root()).empty());
}

TEST_F(ContainerTest, RemovingOneThatIsGoneIsFine) {
  EXPECT_NO_THROW(store_.remove_container("nobody"));
}

}  // namespace
}  // namespace nacre::store::test
