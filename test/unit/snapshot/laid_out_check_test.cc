// Whatever happens to the plain files of the extract driver, `store check` finds it.
#include <algorithm>
#include <functional>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "mount_support.h"
#include "store/check.h"
#include "test/unit/snapshot/test_layers.h"

namespace nacre::snapshot::test {
namespace {

using archive::MemberType;
using nacre::test::LayerTar;
using store::Repair;
using testing::HasSubstr;

std::string lower_layer() {
  LayerTar tar;
  tar.directory("etc").file("etc/hostname", "base\n").hard_link("etc/alias", "etc/hostname").file("etc/gone", "x");
  tar.file("large", std::string(1'000'001, 'x')).symlink("link", "etc/hostname").directory("empty", 0700);
  archive::TarMember owned = LayerTar::base("owned", MemberType::regular, 04750);
  owned.uid = 1'000;
  owned.mtime = {-1, 999'999'999};
  owned.xattrs = {{"trusted.note", "kept"}, {"user.note", "hello"}};
  tar.file(owned, "somebody's");
  archive::TarMember null = LayerTar::base("null", MemberType::char_device, 0666);
  null.device_major = 1;
  null.device_minor = 3;
  tar.member(null);
  tar.member(LayerTar::base("pipe", MemberType::fifo, 0600));
  return tar.finish();
}

std::string upper_layer() {
  LayerTar tar;
  tar.whiteout("etc/.wh.gone").file("etc/new", "n").hard_link("third", "etc/hostname");
  return tar.finish();
}

class LaidOutCheckTest : public MountTest {
 protected:
  void SetUp() override {
    MountTest::SetUp();
    if (!IsSkipped()) {
      store_.emplace(store::Store::open(path("store")));
      lease_.emplace(store_->lease());
      layers_ = nacre::test::put_layers(*lease_, {lower_layer(), upper_layer()});
      lay_out();
    }
  }

  void lay_out() {
    const Mount mounted = make_snapshotter(DriverName::extract)->mount(*store_, layers_, make("mount"), CancelToken{});
    ASSERT_TRUE(lease_->hold_chain(oci::chain_id(layers_)));
  }
  fs::path root() const { return store_->layout().chain_root(oci::chain_id(layers_)); }
  std::vector<std::string> problems(Repair repair = Repair::no) {
    std::vector<std::string> found;
    for (const store::Finding& finding : store::check(*store_, repair, CancelToken{}).findings) {
      found.push_back(finding.problem);
    }
    return found;
  }

  std::optional<store::Store> store_;
  std::optional<store::Lease> lease_;
  std::vector<oci::DiffId> layers_;
};

TEST_F(LaidOutCheckTest, what_was_laid_out_is_right) {
  EXPECT_THAT(problems(), testing::IsEmpty());
}

TEST_F(LaidOutCheckTest, what_is_wrong_goes_and_is_made_again) {
  write(root() / "large", std::string(1'000'001, 'y'));
  EXPECT_THAT(problems(Repair::yes), testing::SizeIs(1));
  EXPECT_FALSE(path_exists(root()));
  lay_out();
  EXPECT_THAT(problems(), testing::IsEmpty());
}

struct Damage {
  std::string name;
  std::string found;
  std::function<void(const fs::path& root)> make;
};
void PrintTo(const Damage& damage, std::ostream* out) {
  *out << damage.name;
}

class LaidOutDamageTest : public LaidOutCheckTest, public testing::WithParamInterface<Damage> {};

TEST_P(LaidOutDamageTest, is_found) {
  GetParam().make(root());
  EXPECT_EQ(problems(), std::vector{"laid out files: " + GetParam().found});
}

// Changes content without a trace in the times.
void overwrite(const fs::path& file, std::string_view content) {
  struct stat before{};
  ASSERT_EQ(::stat(file.c_str(), &before), 0);
  const Fd opened = open_file(file, O_WRONLY);
  write_all_at(opened, as_bytes(content), 500'000);
  const timespec times[2] = {before.st_mtim, before.st_mtim};
  ASSERT_EQ(::futimens(opened.get(), times), 0);
}

const std::vector<Damage> damages = {
    {"a byte", "'large': content differs", [](const fs::path& root) { overwrite(root / "large", "y"); }},
    {"a size", "'large': modification time differs", [](const fs::path& root) { fs::resize_file(root / "large", 5); }},
    {"a mode", "'owned': mode differs", [](const fs::path& root) { ::chmod((root / "owned").c_str(), 0750); }},
    {"an owner", "'empty/': owner differs", [](const fs::path& root) { ::lchown((root / "empty").c_str(), 7, 0); }},
    {"an attribute", "'owned': extended attributes differ",
     [](const fs::path& root) { ::lsetxattr((root / "owned").c_str(), "trusted.note", "lost", 4, 0); }},
    {"an attribute less", "'owned': extended attributes differ",
     [](const fs::path& root) { ::lremovexattr((root / "owned").c_str(), "trusted.note"); }},
    {"a file more", "'empty/more': is too many",
     [](const fs::path& root) { ::symlink("x", (root / "empty/more").c_str()); }},
    {"a file less", "'pipe': is missing", [](const fs::path& root) { fs::remove(root / "pipe"); }},
    {"another type", "'null': type differs",
     [](const fs::path& root) {
       fs::remove(root / "null");
       ::mkdir((root / "null").c_str(), 0666);
     }},
    {"another device", "'null': device differs",
     [](const fs::path& root) {
       struct stat before{};
       ::lstat((root / "null").c_str(), &before);
       fs::remove(root / "null");
       ::mknod((root / "null").c_str(), S_IFCHR, makedev(1, 5));
       ::chmod((root / "null").c_str(), 0666);
       const timespec times[2] = {before.st_mtim, before.st_mtim};
       ::utimensat(AT_FDCWD, (root / "null").c_str(), times, 0);
     }},
    {"another target", "'link': target differs",
     [](const fs::path& root) {
       struct stat before{};
       ::lstat((root / "link").c_str(), &before);
       fs::remove(root / "link");
       ::symlink("/etc/hostname", (root / "link").c_str());
       const timespec times[2] = {before.st_mtim, before.st_mtim};
       ::utimensat(AT_FDCWD, (root / "link").c_str(), times, AT_SYMLINK_NOFOLLOW);
     }},
    {"a hard link less", "'etc/alias': hard links differ", [](const fs::path& root) { fs::remove(root / "third"); }},
};
INSTANTIATE_TEST_SUITE_P(All, LaidOutDamageTest, testing::ValuesIn(damages), [](const auto& each) {
  std::string name = each.param.name;
  std::ranges::replace(name, ' ', '_');
  return name;
});

}  // namespace
}  // namespace nacre::snapshot::test
