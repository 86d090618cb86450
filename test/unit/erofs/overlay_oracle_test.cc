// Random stacks of layers, merged by tree/ and by the kernel's overlayfs.
#include <algorithm>
#include <random>

#include <fcntl.h>
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/error.h"
#include "erofs/image_writer.h"
#include "test/unit/erofs/image_support.h"
#include "test/unit/erofs/mount_support.h"
#include "tree/layer_tree.h"
#include "tree/merge.h"

namespace nacre::erofs {
namespace {

enum class Members { all, files_only };

// Writes the same random layer twice: as a tar's directory with .wh. files, and as overlayfs keeps a layer.
class LayerMaker {
 public:
  LayerMaker(unsigned seed, Members members, fs::path tarred, fs::path overlay)
      : random_(seed), members_(members), roots_{std::move(tarred), std::move(overlay)} {}

  void make() {
    for (const fs::path& root : roots_) {
      make_directories(root);
    }
    fill("");
    finish_directory("");
  }

 private:
  bool chance(unsigned percent) { return random_() % 100 < percent; }

  // Returns whether anything was put there.
  bool fill(const std::string& directory) {
    bool any = false;
    for (const char* name : {"a", "b", "c", "d"}) {
      const std::string path = directory + "/" + name;
      const unsigned kind = static_cast<unsigned>(random_() % 100);
      if (kind < 18) {
        file(path);
      } else if (kind < 26) {
        symlink(path);
      } else if (kind < 38) {
        whiteout(path);
      } else if (kind < 65 && std::ranges::count(path, '/') < 4) {
        subdirectory(path);
      } else {
        continue;
      }
      any = true;
    }
    return any;
  }

  void file(const std::string& path) {
    const std::string content(random_() % 2000, static_cast<char>('a' + random_() % 26));
    const mode_t mode = static_cast<mode_t>(0600 + random_() % 0200);
    for (const fs::path& root : roots_) {
      write_file(root.string() + path, content);
      set_metadata(root.string() + path, mode, path.size());
    }
    if (chance(10)) {
      marker(path);  // beside what takes its place, a whiteout says nothing
    }
  }

  void symlink(const std::string& path) {
    for (const fs::path& root : roots_) {
      fs::create_symlink("target", root.string() + path);
      touch(root.string() + path, path.size());
    }
  }

  void whiteout(const std::string& path) {
    marker(path);
    if (::mknod((roots_[1].string() + path).c_str(), S_IFCHR, makedev(0, 0)) != 0) {
      throw sys_error("mknod", path);
    }
  }

  void marker(const std::string& path) {
    write_file(
        roots_[0].string() + fs::path(path).parent_path().string() + "/.wh." + fs::path(path).filename().string(), "");
  }

  void subdirectory(const std::string& path) {
    for (const fs::path& root : roots_) {
      make_directories(root.string() + path);
    }
    const bool any = fill(path);
    const bool told = any || members_ == Members::all;  // by a member of the tar
    if (chance(25)) {
      // Two ways to say it: ".wh." + ".wh..opq" inside, or a whiteout of what the directory takes the place of.
      marker(chance(50) || !told ? path + "/.wh..opq" : path);
      if (::lsetxattr((roots_[1].string() + path).c_str(), "trusted.overlay.opaque", "y", 1, 0) != 0) {
        throw sys_error("lsetxattr", path);
      }
    } else if (!told) {
      for (const fs::path& root : roots_) {
        fs::remove(root.string() + path);
      }
      return;
    }
    finish_directory(path);
  }

  void finish_directory(const std::string& path) {
    const mode_t mode = static_cast<mode_t>(0700 + random_() % 0100);
    for (const fs::path& root : roots_) {
      set_metadata(root.string() + path, mode, path.size() + mode);
    }
  }

  static void set_metadata(const std::string& path, mode_t mode, std::size_t time) {
    if (::chmod(path.c_str(), mode) != 0 || ::lchown(path.c_str(), mode, mode + 1) != 0) {
      throw sys_error("chmod", path);
    }
    ::chmod(path.c_str(), mode);
    touch(path, time);
  }

  static void touch(const std::string& path, std::size_t time) {
    const struct timespec when{static_cast<time_t>(time), 5};
    const struct timespec times[2] = {when, when};
    if (::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0) {
      throw sys_error("utimensat", path);
    }
  }

  std::mt19937 random_;
  Members members_;
  fs::path roots_[2];
};

class OverlayOracle : public testing::TestWithParam<unsigned> {
 protected:
  void SetUp() override {
    if (const auto reason = why_no_mounts()) {
      GTEST_SKIP() << *reason;
    }
    directory_.emplace(fs::temp_directory_path(), "nacre-overlay-");
    files_.emplace(scratch(), "files-");
    for (const char* name : {"merged", "overlay"}) {
      make_directories(path(name));
    }
  }

  fs::path path(const std::string& name) const { return directory_->path() / name; }

  void make_stack(Members members) {
    const unsigned count = 2 + GetParam() % 5;
    for (unsigned i = 0; i < count; ++i) {
      const fs::path tarred = files_->path() / (fmt::format("tarred-{}", i));
      const fs::path overlay = files_->path() / (fmt::format("overlay-{}", i));
      LayerMaker(GetParam() * 100 + i, members, tarred, overlay).make();
      tars_.push_back(path(fmt::format("tar-{}", i)));
      if (members == Members::all) {
        run({"tar", "--format=posix", "--sort=name", "-C", tarred.string(), "-cf", tars_.back().string(), "."});
      } else {
        run({"sh", "-c", "cd \"$1\" && find . ! -type d -print0 | tar --format=posix --null -T- -cf \"$2\"", "sh",
             tarred.string(), tars_.back().string()});
      }
      const Fd file = open_file(tars_.back(), O_RDONLY);
      layers_.push_back(tree::read_layer_tree(*archive::file_source(file)));
      directories_.push_back(overlay);
    }
  }

  // Every tar is whole, so nothing has to be read from it.
  TestMount mount_image(const tree::FileTree& tree, const std::vector<fs::path>& tars, const std::string& name) {
    std::vector<std::uint64_t> sizes;
    for (const fs::path& tar : tars) {
      sizes.push_back(file_size(open_file(tar, O_RDONLY)));
    }
    write_file(path(name + ".index"), image_of(tree, sizes));
    make_directories(path(name));
    return TestMount::erofs(path(name + ".index"), tars, path(name));
  }

  TestMount mount_merged() {
    std::vector<const tree::FileTree*> pointers;
    for (const tree::FileTree& layer : layers_) {
      pointers.push_back(&layer);
    }
    return mount_image(tree::merge(pointers), tars_, "merged");
  }

  std::optional<TempDir> directory_, files_;
  std::vector<fs::path> tars_;
  std::vector<tree::FileTree> layers_;
  std::vector<fs::path> directories_;
};

TEST_P(OverlayOracle, MergesAsTheKernelDoes) {
  make_stack(Members::all);
  const TestMount merged = mount_merged();
  const TestMount overlay = TestMount::overlay(directories_, path("overlay"));
  EXPECT_EQ(inventory(path("overlay"), LinkCounts::ignore), inventory(path("merged"), LinkCounts::ignore));
}

// Overlayfs knows no directory without metadata, so theirs are left out.
TEST_P(OverlayOracle, MergesLayersWithoutDirectories) {
  make_stack(Members::files_only);
  const TestMount merged = mount_merged();
  const TestMount overlay = TestMount::overlay(directories_, path("overlay"));
  const auto names = [](const fs::path& root) {
    std::vector<std::string> lines = inventory(root, LinkCounts::ignore);
    for (std::string& line : lines) {
      if (const std::size_t space = line.find(" 4"); line.compare(space + 1, 1, "4") == 0) {
        line.resize(space);
      }
    }
    return lines;
  };
  EXPECT_EQ(names(path("overlay")), names(path("merged")));
}

// The layers' own images, with their whiteouts, under overlayfs.
TEST_P(OverlayOracle, LayerImagesStackAsTheyMerge) {
  make_stack(Members::all);
  const TestMount merged = mount_merged();
  std::vector<TestMount> mounts;
  std::vector<fs::path> mounted;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    mounts.push_back(mount_image(layers_[i], {tars_[i]}, fmt::format("layer-{}", i)));
    mounted.push_back(path(fmt::format("layer-{}", i)));
  }
  const TestMount overlay = TestMount::overlay(mounted, path("overlay"));
  EXPECT_EQ(inventory(path("overlay"), LinkCounts::ignore), inventory(path("merged"), LinkCounts::ignore));
}

INSTANTIATE_TEST_SUITE_P(Stacks, OverlayOracle, testing::Range(0U, 12U));

}  // namespace
}  // namespace nacre::erofs
