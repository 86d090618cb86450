// The same tests for both drivers: a mounted stack is the same tree, however it is mounted.
#include <chrono>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/subprocess.h"
#include "mount_support.h"
#include "test/unit/snapshot/test_layers.h"

namespace nacre::snapshot::test {
namespace {

using archive::MemberType;
using nacre::test::LayerTar;
using nacre::test::put_layers;
using testing::HasSubstr;

// A capability set as the kernel stores it: version 2, cap_net_raw+ep.
std::string net_raw_capability() {
  std::string value(20, '\0');
  value[0] = 1;
  value[3] = 2;
  value[5] = 0x20;
  return value;
}

std::string base_layer() {
  LayerTar tar;
  tar.directory("etc").directory("usr").directory("usr/bin").directory("tmp", 01777).directory("private", 0700);
  tar.file("etc/hostname", "base\n").file("etc/gone", "x").file("usr/bin/su", "#!", 04755);
  tar.file("empty", "").file("large", std::string(1'000'001, 'x'));
  tar.symlink("bin", "usr/bin").symlink("dangling", "/nowhere").hard_link("etc/alias", "etc/hostname");
  tar.directory("opaque").file("opaque/below", "hidden later");
  tar.directory("becomes-file").file("becomes-file/inner", "i").file("becomes-directory", "f");
  archive::TarMember owned = LayerTar::base("owned", MemberType::regular, 0640);
  owned.uid = 1'000'000;
  owned.gid = 2'000'000'000;
  owned.mtime = {-1, 999'999'999};
  tar.file(owned, "somebody's");
  archive::TarMember capable = LayerTar::base("usr/bin/ping", MemberType::regular, 0755);
  capable.xattrs = {{"security.capability", net_raw_capability()}, {"user.note", "hello"}};
  tar.file(capable, "ping");
  archive::TarMember null = LayerTar::base("null", MemberType::char_device, 0666);
  null.device_major = 1;
  null.device_minor = 3;
  tar.member(null);
  tar.member(LayerTar::base("pipe", MemberType::fifo, 0600));
  return tar.finish();
}

std::string upper_layer() {
  LayerTar tar;
  tar.directory("etc", 0750).whiteout("etc/.wh.gone").file("etc/new", "n");
  tar.directory("opaque").whiteout("opaque/.wh..wh..opq").file("opaque/above", "a");
  tar.file("becomes-file", "now a file").directory("becomes-directory").file("becomes-directory/inner", "i");
  tar.hard_link("usr/bin/host", "etc/hostname");
  return tar.finish();
}

class DriverTest : public MountTest, public testing::WithParamInterface<DriverName> {
 protected:
  void SetUp() override {
    MountTest::SetUp();
    if (IsSkipped()) {
      return;
    }
    if (GetParam() == DriverName::erofs) {
      if (const DriverChoice choice = choose_driver(make("probe")); choice.name != DriverName::erofs) {
        GTEST_SKIP() << choice.reason;
      }
    }
    store_.emplace(store::Store::open(path("store")));
    lease_.emplace(store_->lease());
    snapshotter_ = make_snapshotter(GetParam());
  }

  std::vector<oci::DiffId> put(const std::vector<std::string>& tars) { return put_layers(*lease_, tars); }
  Mount mount(const std::vector<oci::DiffId>& layers, const std::string& name = "mounted") {
    return snapshotter_->mount(*store_, layers, make(name), CancelToken{});
  }
  fs::path chain_root(const std::vector<oci::DiffId>& layers) const {
    return store_->layout().chain(oci::chain_id(layers)) / "root";
  }

  std::optional<store::Store> store_;
  std::optional<store::Lease> lease_;
  std::unique_ptr<Snapshotter> snapshotter_;
};

TEST_P(DriverTest, one_layer_is_what_gnu_tar_extracts) {
  const std::string tar = base_layer();
  const Mount mounted = mount(put({tar}));
  write(path("layer.tar"), tar);
  Command extract;
  extract.argv = {"tar",
                  "-C",
                  make("extracted").native(),
                  "--xattrs",
                  "--xattrs-include=*",
                  "--numeric-owner",
                  "--delay-directory-restore",
                  "-xpf",
                  path("layer.tar").native()};
  ASSERT_EQ(run_captured(extract).status.shell_code(), 0);
  auto ours = describe(mounted.target());
  auto theirs = describe(path("extracted"));
  ours.erase(".");  // no member of the tar
  theirs.erase(".");
  EXPECT_EQ(ours, theirs);
}

TEST_P(DriverTest, layers_merge) {
  const Mount mounted = mount(put({base_layer(), upper_layer()}));
  const fs::path& root = mounted.target();
  EXPECT_FALSE(path_exists(root / "etc/gone"));
  EXPECT_FALSE(path_exists(root / "etc/.wh.gone"));
  EXPECT_FALSE(path_exists(root / "opaque/below"));
  EXPECT_EQ(list_directory(root / "opaque"), std::vector<std::string>{"above"});
  EXPECT_EQ(read_file(root / "becomes-file", 100), "now a file");
  EXPECT_EQ(read_file(root / "becomes-directory/inner", 100), "i");
  EXPECT_EQ(read_file(root / "bin/host", 100), "base\n");
  const auto described = describe(root);
  EXPECT_THAT(described.at("etc"), testing::StartsWith("40750 0:0"));
  EXPECT_EQ(described.at("usr/bin/host"), "link to etc/alias");
  EXPECT_EQ(described.at("etc/hostname"), "link to etc/alias");
  EXPECT_THAT(described.at("owned"), testing::StartsWith("100640 1000000:2000000000 -1.999999999"));
}

TEST_P(DriverTest, it_is_read_only) {
  const Mount mounted = mount(put({base_layer()}));
  EXPECT_EQ(::open((mounted.target() / "etc/hostname").c_str(), O_WRONLY), -1);
  EXPECT_EQ(errno, EROFS);
  EXPECT_EQ(::mkdir((mounted.target() / "new").c_str(), 0755), -1);
  EXPECT_EQ(errno, EROFS);
}

TEST_P(DriverTest, an_empty_stack_is_an_empty_directory) {
  const Mount mounted = mount({});
  EXPECT_TRUE(list_directory(mounted.target()).empty());
  EXPECT_EQ(::mkdir((mounted.target() / "new").c_str(), 0755), -1);
  EXPECT_EQ(errno, EROFS);
}

TEST_P(DriverTest, a_stack_of_130_layers) {
  std::vector<std::string> tars;
  for (int i = 0; i < 13; ++i) {
    tars.push_back(LayerTar()
                       .file(fmt::format("file-{}", i), fmt::format("of layer {}", i))
                       .file("last", fmt::format("{}", i))
                       .finish());
  }
  const auto different = put(tars);
  std::vector<oci::DiffId> layers;
  for (int i = 0; i < 10; ++i) {
    layers.insert(layers.end(), different.begin(), different.end());
  }
  const Mount mounted = mount(layers);
  EXPECT_EQ(list_directory(mounted.target()).size(), 14U);
  EXPECT_EQ(read_file(mounted.target() / "file-0", 100), "of layer 0");
  EXPECT_EQ(read_file(mounted.target() / "file-7", 100), "of layer 7");
  EXPECT_EQ(read_file(mounted.target() / "last", 100), "12");
}

TEST_P(DriverTest, a_tree_deeper_than_a_process_has_descriptors) {
  LayerTar tar;
  std::string deep = "d";
  for (int i = 1; i < 1100; ++i) {
    deep += "/d";
  }
  tar.file(deep + "/file", "at the bottom").hard_link("link", deep + "/file");
  const Mount mounted = mount(put({tar.finish()}));
  EXPECT_EQ(read_file(mounted.target() / deep / "file", 100), "at the bottom");
  EXPECT_EQ(read_file(mounted.target() / "link", 100), "at the bottom");
}

TEST_P(DriverTest, a_second_mount_shares_what_the_first_made) {
  const auto layers = put({base_layer(), upper_layer()});
  const Mount first = mount(layers, "first");
  struct stat before{};
  ASSERT_EQ(::stat((first.target() / "large").c_str(), &before), 0);
  const Mount second = mount(layers, "second");
  struct stat after{};
  ASSERT_EQ(::stat((second.target() / "large").c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
  EXPECT_EQ(describe(first.target()), describe(second.target()));
}

TEST_P(DriverTest, an_overlay_goes_on_top) {
  const Mount image = mount(put({base_layer()}));
  const Mount overlay = mount_overlay(image.target(), make("upper"), make("work"), make("merged"));
  write(overlay.target() / "etc/hostname", "changed\n");
  EXPECT_EQ(read_file(overlay.target() / "etc/hostname", 100), "changed\n");
  EXPECT_EQ(read_file(image.target() / "etc/hostname", 100), "base\n");
  EXPECT_THAT(describe(overlay.target()).at("usr/bin/ping"), HasSubstr("security.capability="));
}

TEST_P(DriverTest, a_missing_layer_is_an_error_that_leaves_nothing_behind) {
  const auto layers = put({base_layer(), upper_layer()});
  ASSERT_TRUE(remove_file(store_->layout().layer_tar(layers[0])));
  EXPECT_THROW(mount(layers), Error);
  EXPECT_TRUE(list_directory(path("mounted")).empty());
  EXPECT_FALSE(path_exists(chain_root(layers)));
}

TEST_P(DriverTest, a_cancelled_mount_leaves_nothing_behind) {
  const auto layers = put({base_layer(), upper_layer()});
  const CancelToken cancel;
  cancel.request();
  EXPECT_THROW((void)snapshotter_->mount(*store_, layers, make("mounted"), cancel), Cancelled);
  EXPECT_TRUE(list_directory(path("mounted")).empty());
  EXPECT_FALSE(path_exists(chain_root(layers)));
  lease_.reset();
  EXPECT_TRUE(list_directory(store_->layout().ingest()).empty());
}

TEST_P(DriverTest, store_paths_with_any_character) {
  lease_.reset();
  store_.emplace(store::Store::open(path("odd:st,o\\re") / std::string(200, 'x')));
  lease_.emplace(store_->lease());
  const Mount mounted = mount(put({base_layer(), upper_layer()}));
  EXPECT_EQ(read_file(mounted.target() / "etc/hostname", 100), "base\n");
}

INSTANTIATE_TEST_SUITE_P(drivers, DriverTest, testing::Values(DriverName::erofs, DriverName::extract),
                         [](const auto& driver) { return std::string(name_of(driver.param)); });

class ChoiceTest : public MountTest {};

TEST_F(ChoiceTest, says_why) {
  const DriverChoice choice = choose_driver(make("scratch"));
  EXPECT_THAT(choice.reason, testing::StartsWith("Linux "));
  EXPECT_TRUE(list_directory(path("scratch")).empty());
}

TEST_F(ChoiceTest, a_directory_that_cannot_carry_images_means_extract) {
  const fs::path memory = make("memory");
  ASSERT_EQ(::mount("tmpfs", memory.c_str(), "tmpfs", 0, nullptr), 0);
  const Mount mounted(memory);
  const DriverChoice choice = choose_driver(memory);
  EXPECT_EQ(choice.name, DriverName::extract);
  EXPECT_THAT(choice.reason, HasSubstr("erofs"));
}

TEST_F(ChoiceTest, the_default_snapshotter_falls_back_by_itself) {
  const fs::path memory = make("memory");
  ASSERT_EQ(::mount("tmpfs", memory.c_str(), "tmpfs", 0, nullptr), 0);
  const Mount mounted(memory);
  store::Store store = store::Store::open(memory / "store");
  store::Lease lease = store.lease();
  const auto layers = put_layers(lease, {base_layer()});
  const auto snapshotter = make_default_snapshotter();
  const Mount image = snapshotter->mount(store, layers, make("mounted"), CancelToken{});
  EXPECT_EQ(snapshotter->name(), DriverName::extract);
  EXPECT_EQ(read_file(image.target() / "etc/hostname", 100), "base\n");
}

class ExtractTest : public MountTest {};

TEST_F(ExtractTest, waiting_for_another_process_can_be_cancelled) {
  store::Store store = store::Store::open(path("store"));
  store::Lease lease = store.lease();
  const auto layers = put_layers(lease, {base_layer()});
  const FileLock held = store.lock_work(oci::chain_id(layers).digest);
  const CancelToken cancel;
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    cancel.request();
  });
  const auto snapshotter = make_snapshotter(DriverName::extract);
  EXPECT_THROW((void)snapshotter->mount(store, layers, make("mounted"), cancel), Cancelled);
  other.join();
}

TEST(DriverNames, are_read_and_written) {
  EXPECT_EQ(driver_of("erofs"), DriverName::erofs);
  EXPECT_EQ(driver_of("extract"), DriverName::extract);
  EXPECT_EQ(driver_of("overlay2"), std::nullopt);
  EXPECT_EQ(name_of(DriverName::extract), "extract");
}

}  // namespace
}  // namespace nacre::snapshot::test
