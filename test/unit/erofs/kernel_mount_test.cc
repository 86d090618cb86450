// What the kernel shows of an image against what GNU tar extracts from the same layer.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/error.h"
#include "erofs/image_reader.h"
#include "erofs/image_writer.h"
#include "test/unit/erofs/image_support.h"
#include "test/unit/erofs/mount_support.h"
#include "test/unit/tree/members.h"
#include "tree/merge.h"

namespace nacre::erofs {
namespace {

void check(int result, std::string_view what) {
  if (result != 0) {
    throw sys_error(what);
  }
}

class KernelMount : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto reason = why_no_mounts()) {
      GTEST_SKIP() << *reason;
    }
    directory_.emplace(fs::temp_directory_path(), "nacre-erofs-");
    files_.emplace(scratch(), "files-");
    make_directories(path("mounted"));
    make_directories(files("tree"));
  }

  fs::path path(std::string_view name) const { return directory_->path() / name; }

  fs::path files(std::string_view name) const { return files_->path() / name; }

  void write_index(const tree::FileTree& tree, const std::vector<fs::path>& tars) {
    std::vector<Fd> files;
    std::vector<std::uint64_t> sizes;
    for (const fs::path& tar : tars) {
      files.push_back(open_file(tar, O_RDONLY));
      sizes.push_back(file_size(files.back()));
    }
    StringSink sink;
    write_image(
        tree, sizes,
        [&](std::uint16_t device, std::uint64_t offset, MutableBytes buffer) {
          read_exactly_at(files[device], buffer, offset);
        },
        sink);
    remove_file(path("index"));
    write_file(path("index"), sink.text);
    expect_same(tree, read_image(as_bytes(sink.text)));
  }

  TestMount mount_tar(const fs::path& tar) {
    const Fd file = open_file(tar, O_RDONLY);
    write_index(tree::read_layer_tree(*archive::file_source(file)), {tar});
    return TestMount::erofs(path("index"), {tar}, path("mounted"));
  }

  // Makes a layer of a directory and compares.
  void compare(const fs::path& source, const std::vector<std::string>& tar_options) {
    std::vector<std::string> argv{"tar", "-C", source.string(), "-cf", path("tar").string()};
    argv.insert(argv.end(), tar_options.begin(), tar_options.end());
    argv.emplace_back(".");
    run(argv);
    remove_tree(files("extracted"));
    make_directories(files("extracted"));
    run({"tar", "--xattrs", "--xattrs-include=*", "--numeric-owner", "-C", files("extracted").string(), "-xpf",
         path("tar").string()});
    const TestMount mounted = mount_tar(path("tar"));
    EXPECT_EQ(inventory(files("extracted")), inventory(path("mounted")));
  }

  std::optional<TempDir> directory_, files_;
};

// A tree with one of everything. What the file system or the machine does not allow is left out.
class RichTree {
 public:
  explicit RichTree(fs::path root) : root_(std::move(root)) {}

  void make() {
    for (const std::size_t size : {0U, 1U, 511U, 512U, 513U, 4095U, 4096U, 4097U, 100'000U}) {
      file(fmt::format("file-{}", size), size);
    }
    special_files();
    names();
    links();
    xattrs();
    sparse();
    times_and_owners();
  }

 private:
  fs::path at(std::string_view name) const { return root_ / name; }

  void file(std::string_view name, std::size_t size) {
    std::string content(size, '\0');
    for (std::size_t i = 0; i < size; ++i) {
      content[i] = static_cast<char>(i * 31 + i / 256 + size);
    }
    write_file(at(name), content);
  }

  void special_files() {
    check(::mkfifo(at("fifo").c_str(), 0620), "mkfifo");
    if (::mknod(at("char").c_str(), S_IFCHR | 0600, makedev(5, 1)) == 0) {
      check(::mknod(at("block").c_str(), S_IFBLK | 0600, makedev(259, 70000)), "mknod");
    }
  }

  void names() {
    make_directories(at("many"));
    for (int i = 0; i < 1500; ++i) {
      file(fmt::format("many/{:x}", static_cast<unsigned>(i) * 2654435761U), static_cast<std::size_t>(i % 3));
    }
    make_directories(at("long"));
    for (char c = 'a'; c < 'm'; ++c) {
      file("long/" + std::string(255, c), 10);
    }
    make_directories(at("odd"));
    for (const char* name : {"!", "-", ",", " ", "...", ".x", "new\nline", "\xff\xfe", "\xc3\xa4", "~"}) {
      file(fmt::format("odd/{}", name), 3);
    }
    make_directories(at(std::string("deep/") + [] {
      std::string deep;
      for (int i = 0; i < 300; ++i) {
        deep += "d/";
      }
      return deep;
    }()));
    make_directories(at("empty"));
  }

  void links() {
    file("linked", 700);
    fs::create_hard_link(at("linked"), at("linked-2"));
    fs::create_hard_link(at("linked"), at("many/linked-3"));
    for (const std::size_t length : {1U, 100U, 440U, 447U, 448U, 449U, 511U, 512U, 513U, 1023U, 2000U, 4000U}) {
      std::string target;
      while (target.size() < length) {
        target += target.size() % 200 == 199 ? '/' : 't';
      }
      fs::create_symlink(target, at(fmt::format("symlink-{}", length)));
    }
    fs::create_hard_link(at("symlink-100"), at("symlink-100-too"));
  }

  void xattr(std::string_view name, const char* key, std::string_view value) {
    // Not every file system takes every name and length.
    ::lsetxattr(at(name).c_str(), key, value.data(), value.size(), 0);
  }

  void xattrs() {
    make_directories(at("attributed"));
    xattr("attributed", "user.directory", "value");
    xattr("attributed", "trusted.directory", std::string(200, 'v'));
    file("attributed/file", 5);
    xattr("attributed/file", "user.empty", "");
    xattr("attributed/file", "user.binary", std::string_view("\0\1\2\377", 4));
    xattr("attributed/file", "security.nacre", std::string(900, 's'));
    file("attributed/capable", 5);
    xattr("attributed/capable", "security.capability",
          std::string_view("\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20));
    fs::create_symlink(std::string(430, 't'), at("attributed/symlink"));
    xattr("attributed/symlink", "trusted.link", "on a symlink");
    file("attributed/acl", 5);
    // Version 2: owner rwx, user 1000 r, group r, mask r, others none.
    xattr("attributed/acl", "system.posix_acl_access",
          std::string_view("\2\0\0\0\1\0\7\0\377\377\377\377\2\0\4\0\350\3\0\0\4\0\4\0\377\377\377\377\20\0\4\0\377\377"
                           "\377\377\40\0\0\0\377\377\377\377",
                           44));
  }

  void sparse() {
    const Fd file = open_file(at("sparse"), O_RDWR | O_CREAT);
    check(::ftruncate(file.get(), 3'000'001), "ftruncate");
    write_all_at(file, as_bytes(std::string(5000, 'x')), 8192);
    write_all_at(file, as_bytes("end"), 2'999'998);
    const Fd hole = open_file(at("hole"), O_RDWR | O_CREAT);
    check(::ftruncate(hole.get(), 70'000), "ftruncate");
  }

  void times_and_owners() {
    const auto touch = [&](std::string_view name, std::int64_t seconds, long nanoseconds) {
      const struct timespec times[2] = {{seconds, nanoseconds}, {seconds, nanoseconds}};
      check(::utimensat(AT_FDCWD, at(name).c_str(), times, AT_SYMLINK_NOFOLLOW), "utimensat");
    };
    check(::lchown(at("file-1").c_str(), 70'000, 4'294'967'294U), "lchown");
    check(::lchown(at("symlink-1").c_str(), 5, 6), "lchown");
    check(::chmod(at("file-511").c_str(), 06755), "chmod");
    check(::chmod(at("empty").c_str(), 03777), "chmod");
    touch("file-1", 1, 1);
    touch("file-512", -100, 999'999'999);
    touch("file-513", 5'000'000'000, 0);
    touch("symlink-1", 1'000'000'000, 123'456'789);
    touch("empty", 86'400, 5);
  }

  fs::path root_;
};

TEST_F(KernelMount, RichTree) {
  RichTree(files("tree")).make();
  compare(files("tree"), {"--format=posix", "--xattrs", "--xattrs-include=*"});
  compare(files("tree"), {"--format=gnu"});
}

TEST_F(KernelMount, RichTreeWithSparseFiles) {
  RichTree(files("tree")).make();
  for (const char* version : {"0.0", "0.1", "1.0"}) {
    compare(files("tree"), {"--format=posix", "--xattrs", "--sparse", fmt::format("--sparse-version={}", version)});
  }
  compare(files("tree"), {"--format=gnu", "--sparse", "--hole-detection=raw"});
}

TEST_F(KernelMount, PartsOfThisMachine) {
  for (const char* source : {"/etc", "/usr/share/perl", "/usr/share/doc/gcc-12-base", "/usr/sbin"}) {
    if (fs::exists(source)) {
      compare(source, {"--format=posix", "--exclude=*.gz"});
    }
  }
}

TEST_F(KernelMount, LastMemberWithoutPadding) {
  write_file(files("tree/a"), std::string(700, 'a'));
  write_file(files("tree/z"), std::string(1300, 'z'));
  run({"tar", "-C", files("tree").string(), "-cf", path("tar").string(), "a", "z"});
  check(::truncate(path("tar").c_str(), 512 + 1024 + 512 + 1300), "truncate");
  const TestMount mounted = mount_tar(path("tar"));
  EXPECT_EQ(read_file(path("mounted/a"), 10'000), std::string(700, 'a'));
  EXPECT_EQ(read_file(path("mounted/z"), 10'000), std::string(1300, 'z'));
}

TEST_F(KernelMount, RunsOffTheGrid) {
  std::string device(8192, '\0');
  for (std::size_t i = 0; i < device.size(); ++i) {
    device[i] = static_cast<char>('a' + i % 26);
  }
  write_file(path("tar"), device);
  archive::TarMember member = tree::file("f", 20'000, 512);
  member.is_sparse = true;
  member.sparse = {{100, 300, 513}, {4000, 1000, 1024}, {12'288, 4096, 4096}};
  write_index(tree::build({member}), {path("tar")});
  const TestMount mounted = TestMount::erofs(path("index"), {path("tar")}, path("mounted"));
  std::string expected(20'000, '\0');
  for (const archive::SparseRun& run : member.sparse) {
    expected.replace(run.file_offset, run.length, device, run.data_offset, run.length);
  }
  EXPECT_EQ(read_file(path("mounted/f"), 100'000), expected);
}

// The tars are files with holes: what matters is that the right blocks are found.
TEST_F(KernelMount, LargeFiles) {
  constexpr std::uint64_t size = 5'000'000'000;
  constexpr std::uint64_t tar_size = std::uint64_t{3} << 39;  // two of them exceed what flat files address
  std::vector<fs::path> tars;
  std::vector<tree::FileTree> layers;
  for (int i = 0; i < 2; ++i) {
    tars.push_back(path(fmt::format("tar-{}", i)));
    const Fd tar = open_file(tars.back(), O_RDWR | O_CREAT);
    check(::ftruncate(tar.get(), static_cast<off_t>(tar_size)), "ftruncate");
    const std::uint64_t begin = (std::uint64_t{1} << 40) + 512;
    write_all_at(tar, as_bytes(fmt::format("begin {}", i)), begin);
    write_all_at(tar, as_bytes(fmt::format("end {}", i)), begin + size - 5);
    layers.push_back(tree::build({tree::file(fmt::format("large-{}", i), size, begin)}));
  }
  write_index(tree::merge(std::vector<const tree::FileTree*>{&layers[0], &layers[1]}), tars);
  const TestMount mounted = TestMount::erofs(path("index"), tars, path("mounted"));
  for (int i = 0; i < 2; ++i) {
    const Fd file = open_file(path(fmt::format("mounted/large-{}", i)), O_RDONLY);
    EXPECT_EQ(file_size(file), size);
    std::string begin(7, '\0');
    std::string end(5, '\0');
    read_exactly_at(file, std::as_writable_bytes(std::span(begin)), 0);
    read_exactly_at(file, std::as_writable_bytes(std::span(end)), size - 5);
    EXPECT_EQ(begin, fmt::format("begin {}", i));
    EXPECT_EQ(end, fmt::format("end {}", i));
  }
}

TEST_F(KernelMount, MoreThan128Devices) {
  std::vector<fs::path> tars;
  std::vector<tree::FileTree> layers;
  std::vector<const tree::FileTree*> pointers;
  for (int i = 0; i < 150; ++i) {
    tars.push_back(path(fmt::format("tar-{}", i)));
    write_file(tars.back(), std::string(512, 'h') + fmt::format("{:<512}", i));
    archive::TarMember sparse = tree::file(fmt::format("sparse-{}", i), 1024, 512);
    sparse.is_sparse = true;
    sparse.sparse = {{512, 512, 512}};
    layers.push_back(tree::build({tree::file(fmt::format("file-{}", i), 512, 512), sparse}));
  }
  for (const tree::FileTree& layer : layers) {
    pointers.push_back(&layer);
  }
  write_index(tree::merge(pointers), tars);
  const TestMount mounted = TestMount::erofs(path("index"), tars, path("mounted"));
  for (int i = 0; i < 150; ++i) {
    const std::string content = fmt::format("{:<512}", i);
    EXPECT_EQ(read_file(path(fmt::format("mounted/file-{}", i)), 1024), content);
    EXPECT_EQ(read_file(path(fmt::format("mounted/sparse-{}", i)), 1024), std::string(512, '\0') + content);
  }
}

}  // namespace
}  // namespace nacre::erofs
