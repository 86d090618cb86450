// Content leaves.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/random.h"
#include "store/disk_usage.h"
#include "store_test_support.h"

namespace nacre::store::test {
namespace {

class CollectTest : public StoreTest {
 protected:
  Store store_ = open();

  std::uint64_t bytes_below(const fs::path& path) const {
    SeenInodes seen;
    return allocated_bytes(path, seen);
  }
};

TEST_F(CollectTest, RemovedContentIsMovedAsideAndMeasured) {
  const auto image = load(store_, make_image("a", {"one", "two"}), {.names = {"a:1"}});
  EXPECT_EQ(store_.collect().bytes, 0U);
  store_.remove_image(image.id, PruneUntagged::no);
  const auto before = bytes_below(store_.layout().trash());
  const auto collected = store_.collect();
  EXPECT_EQ(collected.layers.size(), 2U);
  EXPECT_EQ(collected.blobs.size(), 4U);  // two layers, config, manifest
  EXPECT_EQ(collected.bytes, bytes_below(store_.layout().trash()) - before);
  for (const char* content : {"blobs/sha256", "layers/sha256", "chains/sha256"}) {
    EXPECT_TRUE(list_directory(root() / content).empty()) << content;
  }
  EXPECT_EQ(store_.empty_trash(), collected.bytes);
  EXPECT_TRUE(files_below(root()).empty());
}

TEST_F(CollectTest, AHardLinkedFileIsMeasuredOnce) {
  const fs::path first = store_.layout().trash() / "first";
  write_file_atomically(first, std::string(100'000, 'x'));
  const auto alone = bytes_below(store_.layout().trash());
  fs::create_hard_link(first, store_.layout().trash() / "second");
  EXPECT_EQ(bytes_below(store_.layout().trash()), alone);
}

TEST_F(CollectTest, SharedLayersStay) {
  const TestImage base = make_image("base", {"one"});
  const TestImage top = make_image("top", {"one", "two"});
  load(store_, base);
  load(store_, top);
  store_.remove_image(top.id(), PruneUntagged::no);
  EXPECT_EQ(store_.collect().layers, std::vector{top.diff_ids()[1]});
  EXPECT_TRUE(path_exists(store_.layout().layer_tar(base.diff_ids()[0])));
  EXPECT_FALSE(store_.has_chain(oci::chain_id(top.diff_ids())));
}

TEST_F(CollectTest, ALeaseOnAnImageKeepsAllOfIt) {
  const TestImage image = make_image("a", {"one", "two"});
  load(store_, image, {.names = {"a:1"}});
  auto lease = std::make_unique<Lease>(store_.lease());
  EXPECT_TRUE(lease->hold_image(image.id()));
  EXPECT_FALSE(lease->hold_image(oci::Digest::of("nothing")));
  store_.remove_image(image.id(), PruneUntagged::no);
  EXPECT_EQ(store_.collect().bytes, 0U);
  EXPECT_EQ(store_.read_blob(image.id()), image.config);
  EXPECT_TRUE(store_.has_chain(oci::chain_id(image.diff_ids())));
  lease.reset();
  EXPECT_GT(store_.collect().bytes, 0U);
}

// What was removed can be loaded again before, between and after the steps of the removal.
TEST_F(CollectTest, RemovedContentCanComeBack) {
  const TestImage image = make_image("a", {"one"});
  load(store_, image);
  store_.remove_image(image.id(), PruneUntagged::no);
  load(store_, image);
  EXPECT_EQ(store_.collect().bytes, 0U);
  store_.remove_image(image.id(), PruneUntagged::no);
  store_.collect();
  load(store_, image);
  EXPECT_EQ(store_.images().size(), 1U);
  EXPECT_EQ(store_.collect().bytes, 0U);
}

// As if a process had died between the rename and the row: its lease file is the trace it leaves.
TEST_F(CollectTest, SweepsFilesWithoutARowAfterADeath) {
  const auto digest = oci::Digest::of("never recorded");
  write_file_atomically(store_.layout().blob(digest), "never recorded");
  EXPECT_EQ(store_.collect().bytes, 0U) << "nobody died, so nothing is looked for";
  write_file_atomically(store_.layout().lease(random_hex(16)), "");
  EXPECT_GT(store_.collect().bytes, 0U);
  EXPECT_FALSE(path_exists(store_.layout().blob(digest)));
  EXPECT_TRUE(list_directory(store_.layout().leases()).empty());
}

// As if a collector had died between the rename and the commit.
TEST_F(CollectTest, FinishesARemovalThatWasCutShort) {
  const TestImage image = make_image("a", {"one"});
  load(store_, image);
  store_.remove_image(image.id(), PruneUntagged::no);
  fs::rename(store_.layout().layer(image.diff_ids()[0]), store_.layout().trash() / "x");
  EXPECT_EQ(store_.collect().layers.size(), 1U);
  EXPECT_FALSE(store_.find_layer(image.diff_ids()[0]).has_value());
}

TEST_F(CollectTest, LeavesForeignFilesAlone) {
  write_file_atomically(store_.layout().ingest() / "mine", "x");
  write_file_atomically(store_.layout().leases() / "note", "x");
  store_.collect();
  EXPECT_EQ(files_below(root()).size(), 2U);
}

TEST_F(CollectTest, SweepsLockFilesNobodyHolds) {
  const auto held = oci::Digest::of("held");
  const FileLock lock = store_.lock_work(held);
  {
    (void)store_.lock_work(oci::Digest::of("free"));
  }
  store_.collect();
  EXPECT_EQ(list_directory(store_.layout().locks()), std::vector<std::string>{std::string(held.hex())});
}

TEST_F(CollectTest, TheTrashIsEmptiedByAProcessOfItsOwn) {
  make_directories(store_.layout().trash() / "deep" / "er");
  write_file_atomically(store_.layout().trash() / "deep" / "er" / "file", "x");
  // The child inherits the write end of this pipe; once it lets go, the read end reports the end.
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const Fd reader(ends[0]);
  Fd writer(ends[1]);
  store_.empty_trash_in_background();
  writer.reset();
  std::byte byte{};
  EXPECT_EQ(read_up_to(reader, {&byte, 1}), 0U);
  for (int i = 0; i < 2000 && !list_directory(store_.layout().trash()).empty(); ++i) {
    ::usleep(5'000);
  }
  EXPECT_TRUE(list_directory(store_.layout().trash()).empty());
}

TEST_F(CollectTest, EmptyingAnEmptyTrashIsNothing) {
  EXPECT_NO_THROW(store_.empty_trash_in_background());
  EXPECT_EQ(store_.empty_trash(), 0U);
}

TEST_F(CollectTest, DiskUsageAddsUp) {
  load(store_, make_image("a", {"one", "two"}), {.names = {"a:1"}});
  const DiskUsage usage = store_.disk_usage();
  EXPECT_EQ(usage.blobs, bytes_below(root() / "blobs"));
  EXPECT_GT(usage.tars, 0U);
  EXPECT_GT(usage.indexes, 0U);
  std::uint64_t layers = 0;
  for (const auto& name : list_directory(root() / "layers" / "sha256")) {
    layers += bytes_below(root() / "layers" / "sha256" / name);
  }
  EXPECT_EQ(usage.tars + usage.indexes, layers);
  EXPECT_EQ(usage.chains, bytes_below(root() / "chains"));
  EXPECT_GT(usage.database, 0U);
}

}  // namespace
}  // namespace nacre::store::test
