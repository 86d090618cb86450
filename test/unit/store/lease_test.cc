// Content enters.
#include <fmt/format.h>

#include "archive/file_writer.h"
#include "store_test_support.h"

namespace nacre::store::test {
namespace {

class LeaseTest : public StoreTest {
 protected:
  Store store_ = open();

  // A directory as a layer's maker leaves it; the index is a placeholder that no test here reads.
  static TempDir layer_directory(Lease& lease, std::string_view tar) {
    TempDir directory(lease.ingest_directory(), "layer-");
    write_file_atomically(directory.path() / "tar", tar);
    write_file_atomically(directory.path() / "index", "index");
    return directory;
  }
  static LayerRecord layer_record(std::string_view tar) {
    return {oci::DiffId{oci::Digest::of(tar)}, tar.size(), 5, 0, {}};
  }
};

TEST_F(LeaseTest, PutsABlobWhereItsDigestSays) {
  Lease lease = store_.lease();
  lease.put_blob(as_bytes("hello"));
  const auto digest = oci::Digest::of("hello");
  EXPECT_TRUE(store_.has_blob(digest));
  EXPECT_EQ(store_.blob_size(digest), 5U);
  EXPECT_EQ(store_.read_blob(digest), "hello");
  EXPECT_EQ(read_file(store_.layout().blob(digest), 100), "hello");
}

TEST_F(LeaseTest, ABlobThatIsThereIsKept) {
  Lease lease = store_.lease();
  lease.put_blob(as_bytes("hello"));
  const auto before = fs::last_write_time(store_.layout().blob(oci::Digest::of("hello")));
  Lease other = store_.lease();
  other.put_blob(as_bytes("hello"));
  EXPECT_EQ(fs::last_write_time(store_.layout().blob(oci::Digest::of("hello"))), before);
}

TEST_F(LeaseTest, AMissingBlobIsNotFound) {
  const auto digest = oci::Digest::of("nothing");
  EXPECT_FALSE(store_.has_blob(digest));
  EXPECT_EQ(error_code([&] { store_.open_blob(digest); }), Code::not_found);
  EXPECT_EQ(error_code([&] { store_.read_blob(digest); }), Code::not_found);
  EXPECT_FALSE(store_.lease().hold_blob(digest));
}

TEST_F(LeaseTest, ReadBlobNoticesDamage) {
  Lease lease = store_.lease();
  lease.put_blob(as_bytes("hello"));
  const auto digest = oci::Digest::of("hello");
  write_file_atomically(store_.layout().blob(digest), "hellO");
  EXPECT_EQ(error_code([&] { store_.read_blob(digest); }), Code::corrupt);
}

TEST_F(LeaseTest, AdoptsALayer) {
  Lease lease = store_.lease();
  const auto record = layer_record("tar bytes");
  lease.adopt_layer(layer_directory(lease, "tar bytes"), record);
  const auto found = store_.find_layer(record.diff_id);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->tar_size, 9U);
  EXPECT_EQ(read_file(store_.layout().layer_tar(record.diff_id), 100), "tar bytes");
  EXPECT_TRUE(list_directory(lease.ingest_directory()).empty());
}

TEST_F(LeaseTest, ATarIsServedAsTheBlobOfItsDigest) {
  Lease lease = store_.lease();
  const auto record = layer_record("tar bytes");
  lease.adopt_layer(layer_directory(lease, "tar bytes"), record);
  EXPECT_TRUE(store_.has_blob(record.diff_id.digest));
  EXPECT_EQ(store_.blob_size(record.diff_id.digest), 9U);
  EXPECT_EQ(file_size(store_.open_blob(record.diff_id.digest)), 9U);
  EXPECT_TRUE(store_.lease().hold_blob(record.diff_id.digest));
}

TEST_F(LeaseTest, TheSecondToAdoptALayerLosesGracefully) {
  Lease lease = store_.lease();
  const auto record = layer_record("tar bytes");
  TempDir mine = layer_directory(lease, "tar bytes");
  TempDir theirs = layer_directory(lease, "tar bytes");
  write_file_atomically(theirs.path() / "index", "other");
  lease.adopt_layer(std::move(mine), record);
  lease.adopt_layer(std::move(theirs), record);
  EXPECT_EQ(read_file(store_.layout().layer_index(record.diff_id), 100), "index");
  EXPECT_TRUE(list_directory(lease.ingest_directory()).empty());
}

TEST_F(LeaseTest, ALayerKnowsItsCompressedForms) {
  Lease lease = store_.lease();
  lease.put_blob(as_bytes("compressed"));
  auto record = layer_record("tar bytes");
  record.blobs = {oci::Digest::of("compressed")};
  lease.adopt_layer(layer_directory(lease, "tar bytes"), record);
  EXPECT_EQ(store_.find_layer(record.diff_id)->blobs, record.blobs);
}

// As after a crash between the rename and the row.
TEST_F(LeaseTest, AFileWithoutARowIsGarbageInTheWay) {
  Lease lease = store_.lease();
  const auto record = layer_record("tar bytes");
  make_directories(store_.layout().layer(record.diff_id));
  write_file_atomically(store_.layout().layer_tar(record.diff_id), "torn");
  EXPECT_FALSE(lease.hold_layer(record.diff_id).has_value());
  lease.adopt_layer(layer_directory(lease, "tar bytes"), record);
  EXPECT_EQ(read_file(store_.layout().layer_tar(record.diff_id), 100), "tar bytes");
  EXPECT_EQ(list_directory(store_.layout().trash()).size(), 1U);
}

// As after a crash between the removal of the files and that of the row.
TEST_F(LeaseTest, ARowWithoutItsFilesPromisesNothing) {
  Lease lease = store_.lease();
  const auto record = layer_record("tar bytes");
  lease.adopt_layer(layer_directory(lease, "tar bytes"), record);
  fs::remove_all(store_.layout().layer(record.diff_id));
  EXPECT_FALSE(lease.hold_layer(record.diff_id).has_value());
  lease.adopt_layer(layer_directory(lease, "tar bytes"), record);
  EXPECT_TRUE(lease.hold_layer(record.diff_id).has_value());
}

TEST_F(LeaseTest, ATruncatedFileIsNotHeld) {
  Lease lease = store_.lease();
  lease.put_blob(as_bytes("hello"));
  fs::resize_file(store_.layout().blob(oci::Digest::of("hello")), 2);
  EXPECT_FALSE(lease.hold_blob(oci::Digest::of("hello")));
  lease.put_blob(as_bytes("hello"));
  EXPECT_EQ(store_.read_blob(oci::Digest::of("hello")), "hello");
}

TEST_F(LeaseTest, WhatALeaseHoldsIsNotCollected) {
  Lease lease = store_.lease();
  lease.put_blob(as_bytes("hello"));
  EXPECT_TRUE(store_.collect().blobs.empty());
  EXPECT_TRUE(store_.has_blob(oci::Digest::of("hello")));
}

TEST_F(LeaseTest, WhatALeaseLeavesUnusedIsCollected) {
  {
    store_.lease().put_blob(as_bytes("hello"));
  }
  EXPECT_EQ(store_.collect().blobs, std::vector{oci::Digest::of("hello")});
  EXPECT_FALSE(store_.has_blob(oci::Digest::of("hello")));
}

TEST_F(LeaseTest, AHeldObjectSurvivesTheEndOfItsFirstLease) {
  auto first = std::make_unique<Lease>(store_.lease());
  first->put_blob(as_bytes("hello"));
  Lease second = store_.lease();
  EXPECT_TRUE(second.hold_blob(oci::Digest::of("hello")));
  first.reset();
  store_.collect();
  EXPECT_TRUE(store_.has_blob(oci::Digest::of("hello")));
}

TEST_F(LeaseTest, NothingIsLeftOfALease) {
  {
    Lease lease = store_.lease();
    write_file_atomically(lease.ingest_directory() / "half-done", "x");
  }
  EXPECT_TRUE(files_below(root()).empty());
  EXPECT_TRUE(list_directory(store_.layout().ingest()).empty());
}

TEST_F(LeaseTest, AChainIsFoundOnceAdopted) {
  Lease lease = store_.lease();
  const std::vector layers = {oci::DiffId{oci::Digest::of("a")}, oci::DiffId{oci::Digest::of("b")}};
  const auto chain = oci::chain_id(layers);
  EXPECT_FALSE(store_.has_chain(chain));
  EXPECT_FALSE(lease.hold_chain(chain));
  TempDir directory(lease.ingest_directory(), "chain-");
  write_file_atomically(directory.path() / "index", "merged");
  lease.adopt_chain(std::move(directory), chain, layers);
  EXPECT_TRUE(store_.has_chain(chain));
  EXPECT_TRUE(lease.hold_chain(chain));
}

TEST_F(LeaseTest, AFailedCommitLeavesNothingBehind) {
  Lease lease = store_.lease();
  auto record = layer_record("tar bytes");
  record.blobs = {oci::Digest::of("a blob that was never put")};
  EXPECT_EQ(error_code([&] { lease.adopt_layer(layer_directory(lease, "tar bytes"), record); }), Code::internal);
  EXPECT_FALSE(path_exists(store_.layout().layer(record.diff_id)));
  EXPECT_TRUE(list_directory(lease.ingest_directory()).empty());
}

TEST_F(LeaseTest, TheLockOfADigestLetsOneIn) {
  const auto digest = oci::Digest::of("x");
  std::optional<FileLock> lock = store_.lock_work(digest);
  EXPECT_FALSE(FileLock::try_acquire(store_.layout().lock(digest), LockMode::exclusive).has_value());
  CancelToken cancel;
  cancel.request();
  EXPECT_THROW((void)store_.lock_work(digest, cancel), Cancelled);
  lock.reset();
  EXPECT_NO_THROW((void)store_.lock_work(digest));
}

}  // namespace
}  // namespace nacre::store::test
