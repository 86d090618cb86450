#include "store/layout.h"

#include <gtest/gtest.h>

namespace nacre::store {
namespace {

const std::string hex64(64, 'a');
const std::string hex128(128, 'b');

TEST(LayoutTest, ContentLiesUnderItsDigest) {
  const Layout layout("/store");
  const auto digest = oci::Digest::parse("sha256:" + hex64);
  EXPECT_EQ(layout.blob(digest), fs::path("/store/blobs/sha256/" + hex64));
  EXPECT_EQ(layout.layer(oci::DiffId{digest}), fs::path("/store/layers/sha256/" + hex64));
  EXPECT_EQ(layout.layer_tar(oci::DiffId{digest}), fs::path("/store/layers/sha256/" + hex64 + "/tar"));
  EXPECT_EQ(layout.layer_index(oci::DiffId{digest}), fs::path("/store/layers/sha256/" + hex64 + "/index"));
  EXPECT_EQ(layout.chain_index(oci::ChainId{digest}), fs::path("/store/chains/sha256/" + hex64 + "/index"));
  EXPECT_EQ(layout.chain_root(oci::ChainId{digest}), fs::path("/store/chains/sha256/" + hex64 + "/root"));
  EXPECT_EQ(layout.lock(digest), fs::path("/store/locks/" + hex64));
}

TEST(LayoutTest, Sha512HasItsOwnDirectory) {
  const auto digest = oci::Digest::parse("sha512:" + hex128);
  EXPECT_EQ(Layout("/store").blob(digest), fs::path("/store/blobs/sha512/" + hex128));
}

TEST(LayoutTest, LeasesOwnADirectoryOfTheirName) {
  const Layout layout("/store");
  EXPECT_EQ(layout.lease("x"), fs::path("/store/leases/x"));
  EXPECT_EQ(layout.ingest("x"), fs::path("/store/ingest/x"));
}

}  // namespace
}  // namespace nacre::store
