#include "image/disk_usage.h"

#include <set>

#include <sys/stat.h>

#include "image/lookup.h"
#include "image_test_support.h"
#include "store/layer_ingest.h"

namespace nacre::image {
namespace {

using test::created_at;
using test::make_tar;
using test::noise;
using testing::IsEmpty;
using testing::SizeIs;

const std::string base_tar = make_tar({{"base", noise(200'000)}});
const std::string app_tar = make_tar({{"app", noise(50'000, 2)}});
const std::string tool_tar = make_tar({{"tool", noise(100'000, 3)}});

class DiskUsageTest : public test::ImageTest {
 protected:
  static const ImageUsage& of(const Usage& usage, const oci::Digest& id) {
    for (const auto& image : usage.images) {
      if (image.listed.image.id == id) {
        return image;
      }
    }
    ADD_FAILURE() << "no usage of " << id.str();
    return usage.images.front();
  }

  // Bytes of files and directories below these, each inode once, as `du` counts.
  static std::uint64_t du(const std::vector<fs::path>& paths) {
    std::uint64_t bytes = 0;
    std::set<ino_t> seen;
    const auto count = [&](const fs::path& path) {
      struct stat info{};
      if (::lstat(path.c_str(), &info) == 0 && seen.insert(info.st_ino).second) {
        bytes += static_cast<std::uint64_t>(info.st_blocks) * 512;
      }
    };
    for (const auto& path : paths) {
      count(path);
      if (fs::is_directory(path)) {
        for (const auto& entry : fs::recursive_directory_iterator(path)) {
          count(entry.path());
        }
      }
    }
    return bytes;
  }

  // Every byte is an image's own, shared, or nobody's; none twice.
  void expect_sums(const Usage& usage) {
    const auto& layout = store().layout();
    std::uint64_t files = 0;
    for (const auto& folder : {layout.blobs(), layout.layers(), layout.chains()}) {
      for (const auto& algorithm : fs::directory_iterator(folder)) {
        for (const auto& entry : fs::directory_iterator(algorithm)) {
          files += du({entry.path()});
        }
      }
    }
    std::uint64_t sum = usage.shared + usage.unowned;
    for (const auto& image : usage.images) {
      sum += image.unique;
    }
    EXPECT_EQ(sum, usage.images_total);
    EXPECT_EQ(usage.images_total, files);
  }
};

TEST_F(DiskUsageTest, OfAnEmptyStoreIsNothing) {
  const auto usage = disk_usage(store());
  EXPECT_THAT(usage.images, IsEmpty());
  EXPECT_EQ(usage.images_total, 0U);
  EXPECT_EQ(usage.images_reclaimable, 0U);
  EXPECT_EQ(usage.containers, 0U);
}

TEST_F(DiskUsageTest, AnImageAloneSharesNothing) {
  const auto id = put({.tars = {base_tar}, .names = {"base:1"}});
  const auto usage = disk_usage(store());
  ASSERT_THAT(usage.images, SizeIs(1));
  EXPECT_EQ(usage.images[0].listed.image.id, id);
  EXPECT_EQ(usage.images[0].listed.names.at(0).name.familiar(), "base:1");
  EXPECT_EQ(usage.images[0].shared, 0U);
  EXPECT_GT(usage.images[0].unique, 200'000U);
  EXPECT_EQ(usage.images[0].unique, usage.images_total);
  EXPECT_EQ(usage.images_reclaimable, usage.images_total);
  EXPECT_EQ(usage.shared, 0U);
  EXPECT_EQ(usage.unowned, 0U);
  expect_sums(usage);
}

TEST_F(DiskUsageTest, ASharedLayerCountsOnce) {
  const auto app = put({.tars = {base_tar, app_tar}, .names = {"app:1"}});
  const auto tool = put({.tars = {base_tar, tool_tar}, .names = {"tool:1"}});
  const auto usage = disk_usage(store());
  const auto base_bytes = du({store().layout().layer({oci::Digest::of(base_tar)})});
  EXPECT_EQ(usage.shared, base_bytes);
  EXPECT_EQ(of(usage, app).shared, base_bytes);
  EXPECT_EQ(of(usage, tool).shared, base_bytes);
  EXPECT_GT(of(usage, tool).unique, of(usage, app).unique);
  EXPECT_LT(of(usage, tool).unique, 130'000U);
  expect_sums(usage);
}

TEST_F(DiskUsageTest, TheMergedIndexOfAStackBelongsToItsImages) {
  const auto one = put({.tars = {base_tar, app_tar}});
  auto image = created_at(1);
  image.tars = {base_tar, app_tar};
  const auto two = put(image);
  const auto before = disk_usage(store());
  read_tree(store(), record(one), {});  // makes the index
  const auto usage = disk_usage(store());
  const auto chain = du({store().layout().chain(oci::chain_id(record(one).layers))});
  ASSERT_GT(chain, 0U);
  EXPECT_EQ(usage.images_total, before.images_total + chain);
  EXPECT_EQ(usage.shared, before.shared + chain);
  EXPECT_EQ(of(usage, two).unique, of(before, two).unique);
  expect_sums(usage);
}

TEST_F(DiskUsageTest, CompressedBlobsCount) {
  const auto zipped = test::compress(base_tar, archive::Compression::gzip);
  const auto id = import(zipped, "zipped:1");
  const auto usage = disk_usage(store());
  EXPECT_GT(of(usage, id).unique, zipped.size() + base_tar.size());
  expect_sums(usage);
}

TEST_F(DiskUsageTest, WhatContainersUseCannotBeReclaimed) {
  const auto app = put({.tars = {base_tar, app_tar}, .names = {"app:1"}});
  const auto tool = put({.tars = {base_tar, tool_tar}, .names = {"tool:1"}});
  const auto unused = disk_usage(store());
  EXPECT_EQ(unused.images_active, 0U);
  EXPECT_EQ(unused.images_reclaimable, unused.images_total);

  put_container(app, "exited");
  put_container(app, "running");
  const auto usage = disk_usage(store());
  EXPECT_EQ(usage.images_active, 1U);
  EXPECT_EQ(usage.images_reclaimable, of(usage, tool).unique);  // the shared layer is the container's, too
  EXPECT_EQ(of(usage, app).containers, 2U);
  EXPECT_EQ(of(usage, tool).containers, 0U);
  EXPECT_EQ(usage.containers, 2U);
  EXPECT_EQ(usage.containers_running, 1U);
  expect_sums(usage);
}

TEST_F(DiskUsageTest, ContainersCountWhatTheyWrote) {
  const auto id = put({.names = {"app:1"}});
  const auto container = put_container(id, "exited");
  const auto upper = store().layout().containers() / container.id / "upper";
  fs::create_directories(upper);
  test::spill(upper / "file", noise(300'000));
  const auto usage = disk_usage(store());
  EXPECT_GE(usage.containers_total, 300'000U);
  EXPECT_LT(usage.containers_total, 400'000U);
  EXPECT_EQ(usage.containers_reclaimable, usage.containers_total);
  expect_sums(usage);
}

TEST_F(DiskUsageTest, WorkUnderWayIsNobodys) {
  put({.tars = {base_tar}, .names = {"base:1"}});
  auto lease = store().lease();
  const auto source = archive::memory_source(tool_tar);
  store::commit_layer(lease, store::ingest_layer(lease.ingest_directory(), *source, {}, {}));
  const auto usage = disk_usage(store());
  EXPECT_EQ(usage.unowned, du({store().layout().layer({oci::Digest::of(tool_tar)})}));
  EXPECT_GE(usage.images_total, usage.images_reclaimable + usage.unowned);
  expect_sums(usage);
}

TEST_F(DiskUsageTest, PruningGivesBackWhatIsPromised) {
  put({.tars = {base_tar, app_tar}, .names = {"app:1"}});
  const auto tool = put({.tars = {base_tar, tool_tar}, .names = {"tool:1"}});
  const auto before = disk_usage(store());
  store().remove_image(tool, store::PruneUntagged::yes);
  EXPECT_EQ(store().collect().bytes, of(before, tool).unique);
  store().empty_trash();
  const auto after = disk_usage(store());
  EXPECT_EQ(after.images_total, before.images_total - of(before, tool).unique);
  EXPECT_EQ(after.shared, 0U);
  expect_sums(after);
}

TEST_F(DiskUsageTest, AllImagesAreThereNewestFirst) {
  const auto parent = put(created_at(1));
  auto of_child = created_at(2);
  of_child.parent = parent;
  const auto child = put(of_child);
  const auto usage = disk_usage(store());
  ASSERT_THAT(usage.images, SizeIs(2));
  EXPECT_EQ(usage.images[0].listed.image.id, child);
  EXPECT_EQ(usage.images[1].listed.image.id, parent);
}

}  // namespace
}  // namespace nacre::image
