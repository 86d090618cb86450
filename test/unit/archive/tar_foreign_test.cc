// Archives that other programs wrote: GNU tar in every format it has, Python's tarfile, bsdtar, and Go's own test data.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "archive/compression.h"
#include "test/unit/archive/archive_test_support.h"

namespace nacre::archive {
namespace {

using std::string_literals::operator""s;
using testing::ElementsAre;
using testing::Pair;

struct stat status_of(const fs::path& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) {
    throw sys_error("stat", path.string());
  }
  return status;
}

MemberType type_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return MemberType::directory;
    case S_IFLNK:
      return MemberType::symlink;
    case S_IFCHR:
      return MemberType::char_device;
    case S_IFBLK:
      return MemberType::block_device;
    case S_IFIFO:
      return MemberType::fifo;
    default:
      return MemberType::regular;
  }
}

enum class TimePrecision { seconds, nanoseconds };

// Compares what was read with the tree it was made of.
void expect_like_tree(const std::vector<ReadMember>& members, const std::string& archive, const fs::path& tree,
                      TimePrecision precision) {
  for (const ReadMember& read : members) {
    const TarMember& member = read.member;
    SCOPED_TRACE(member.path.substr(0, 100));
    const fs::path path = tree / member.path;
    const struct stat status = status_of(path);
    EXPECT_EQ(member.mode, status.st_mode & 07777);
    EXPECT_EQ(member.uid, status.st_uid);
    EXPECT_EQ(member.gid, status.st_gid);
    EXPECT_EQ(member.mtime.seconds, status.st_mtim.tv_sec);
    EXPECT_EQ(member.mtime.nanoseconds, precision == TimePrecision::nanoseconds ? status.st_mtim.tv_nsec : 0);
    if (member.type == MemberType::hard_link) {
      EXPECT_EQ(status_of(tree / member.link_target).st_ino, status.st_ino);
      continue;
    }
    EXPECT_EQ(member.type, type_of(status.st_mode));
    if (member.type == MemberType::regular) {
      EXPECT_EQ(expand(member, archive), slurp(path));
    } else if (member.type == MemberType::symlink) {
      EXPECT_EQ(member.link_target, fs::read_symlink(path).string());
    } else if (member.type == MemberType::char_device || member.type == MemberType::block_device) {
      EXPECT_EQ(member.device_major, major(status.st_rdev));
      EXPECT_EQ(member.device_minor, minor(status.st_rdev));
    }
  }
}

// A directory `t` with a bit of everything that fits into every format.
class GnuTar : public testing::TestWithParam<std::string> {
 protected:
  GnuTar() {
    sh("mkdir -p t/dir/sub t/empty; chmod 1777 t/dir; printf hello > t/dir/file; ln t/dir/file t/dir/hard;"
       "ln -s ../dir/file t/dir/sub/soft; ln -s /nowhere t/dangling; : > t/none; mkfifo t/fifo; chmod 4711 t/dir/file;"
       "seq 100000 > t/numbers; touch -d '1999-12-31 23:59:59.123456789 UTC' t/numbers;"
       "touch -d '2001-02-03 04:05:06 UTC' t/dir/file; printf x > 't/a name with\nodd \"letters\"'");
    if (::geteuid() == 0) {
      sh("mknod t/null c 1 3; mknod t/disk b 259 300; chown 1234:5678 t/none");
    }
  }

  std::string sh(const std::string& command) { return shell(directory_.path(), command); }
  std::string archive(const std::string& options) {
    sh("tar " + options + " -cf out.tar t");
    return slurp(directory_.path() / "out.tar");
  }
  // Skips the test where the file system has no such attributes.
  bool set_xattr(const std::string& path, const char* name, const std::string& value) {
    return ::setxattr((directory_.path() / path).c_str(), name, value.data(), value.size(), 0) == 0;
  }

  TempDir directory_ = test_directory();
};

class GnuTarFormats : public GnuTar {};

INSTANTIATE_TEST_SUITE_P(Formats, GnuTarFormats, testing::Values("v7", "oldgnu", "gnu", "ustar", "posix"),
                         [](const auto& test) { return test.param; });

TEST_P(GnuTarFormats, IsReadAsTheTreeItCameFrom) {
  if (GetParam() == "v7") {
    sh("rm -f t/fifo t/null t/disk");  // V7 cannot say these
  }
  const std::string bytes = archive("--sort=name --format=" + GetParam());
  const auto members = read_archive(bytes, 1000);
  EXPECT_EQ(members.size(), static_cast<std::size_t>(std::stoi(sh("tar tf out.tar | wc -l"))));
  EXPECT_EQ(find(members, "t/dir/hard").member.type, MemberType::hard_link);
  EXPECT_EQ(find(members, "t/dir/").member.type, MemberType::directory);
  EXPECT_EQ(find(members, "t/a name with\nodd \"letters\"").data, "x");
  expect_like_tree(members, bytes, directory_.path(),
                   GetParam() == "posix" ? TimePrecision::nanoseconds : TimePrecision::seconds);
}

TEST_F(GnuTar, WritesOwnerNames) {
  const auto members = read_archive(archive("--format=ustar --owner=somebody:77 --group=crowd:88"));
  EXPECT_EQ(find(members, "t/none").member.user_name, "somebody");
  EXPECT_EQ(find(members, "t/none").member.group_name, "crowd");
  EXPECT_EQ(find(members, "t/none").member.uid, 77U);
  EXPECT_EQ(find(members, "t/none").member.gid, 88U);
}

class GnuTarLongNames : public GnuTar {};

INSTANTIATE_TEST_SUITE_P(Formats, GnuTarLongNames, testing::Values("oldgnu", "gnu", "ustar", "posix"),
                         [](const auto& test) { return test.param; });

TEST_P(GnuTarLongNames, AreWhole) {
  const bool is_ustar = GetParam() == "ustar";
  const std::string d(is_ustar ? 40 : 80, 'd');
  const std::string dirs = is_ustar ? d + "/" + d + "/" + d : d;
  const std::string f(is_ustar ? 90 : 240, 'f');
  sh("rm -rf t; mkdir -p t/" + dirs + "; echo 1 > t/" + dirs + "/" + f + "; ln -s " + (is_ustar ? f : f + f) +
     " t/soft");
  if (!is_ustar) {
    sh("ln t/" + dirs + "/" + f + " t/hard");
  }
  const std::string bytes = archive("--sort=name --format=" + GetParam());
  const auto members = read_archive(bytes, 77);
  EXPECT_EQ(members.size(), is_ustar ? 6U : 5U);
  EXPECT_EQ(find(members, "t/" + dirs + "/" + f).data, "1\n");
  expect_like_tree(members, bytes, directory_.path(),
                   GetParam() == "posix" ? TimePrecision::nanoseconds : TimePrecision::seconds);
}

TEST_F(GnuTar, TimesBeforeTheEpoch) {
  sh("touch -d '1950-01-02 03:04:05.25 UTC' t/none || exit 0");
  for (const std::string format : {"gnu", "posix"}) {
    const std::string bytes = archive("--format=" + format);
    expect_like_tree(read_archive(bytes), bytes, directory_.path(),
                     format == "posix" ? TimePrecision::nanoseconds : TimePrecision::seconds);
  }
}

TEST_F(GnuTar, NumbersThatOctalCannotHold) {
  for (const std::string format : {"gnu", "posix"}) {
    const auto members = read_archive(archive("--format=" + format + " --owner=u:3000000000 --group=g:4294967294"));
    EXPECT_EQ(find(members, "t/none").member.uid, 3'000'000'000U);
    EXPECT_EQ(find(members, "t/none").member.gid, 4'294'967'294U);
  }
}

TEST_F(GnuTar, PaxOptionsAndGlobalHeaders) {
  const auto members = read_archive(
      archive("--format=posix --pax-option='globexthdr.name=g,comment=hi,gname=everyone,uname:=me,mtime:=12.5'"));
  EXPECT_EQ(find(members, "t/none").member.user_name, "me");
  EXPECT_EQ(find(members, "t/none").member.group_name, "everyone");
  EXPECT_EQ(find(members, "t/none").member.mtime, (Timestamp{12, 500'000'000}));
}

TEST_F(GnuTar, Xattrs) {
  const std::string value = "line\n12 a=b\n\0\xff"s;
  if (!set_xattr("t/none", "user.any", value) || !set_xattr("t/dir", "user.short", "1")) {
    GTEST_SKIP() << "no extended attributes here";
  }
  const auto members = read_archive(archive("--xattrs --format=posix"));
  EXPECT_THAT(find(members, "t/none").member.xattrs, ElementsAre(Pair("user.any", value)));
  EXPECT_THAT(find(members, "t/dir/").member.xattrs, ElementsAre(Pair("user.short", "1")));
}

TEST_F(GnuTar, LabelsAndIncrementalArchives) {
  EXPECT_EQ(read_archive(archive("--format=gnu --label=backup --sort=name")).at(0).member.path, "t/");
  const auto members = read_archive(archive("--format=gnu --listed-incremental=snapshot --sort=name"));
  EXPECT_EQ(find(members, "t/dir/").member.type, MemberType::directory);
  EXPECT_EQ(find(members, "t/dir/file").data, "hello");
}

TEST_F(GnuTar, ConcatenatedBlocksOfAnyBlockingFactor) {
  for (const std::string factor : {"1", "3", "20", "100"}) {
    EXPECT_FALSE(read_archive(archive("-b " + factor)).empty());
  }
}

class GnuTarSparse : public GnuTar {};

INSTANTIATE_TEST_SUITE_P(Versions, GnuTarSparse,
                         testing::Values("--format=gnu", "--format=oldgnu", "--format=posix --sparse-version=0.0",
                                         "--format=posix --sparse-version=0.1", "--format=posix --sparse-version=1.0"));

TEST_P(GnuTarSparse, HolesComeBackAsZeros) {
  const std::string name(120, 's');
  sh("rm -rf t; mkdir t; truncate -s 1M t/hole; : > t/empty; printf end | dd of=t/late bs=1 seek=999999 2>/dev/null;"
     "printf begin > t/early; truncate -s 500000 t/early;"
     "for i in $(seq 0 60); do printf $i | dd of=t/" +
     name + " bs=4096 seek=$((i*3)) conv=notrunc 2>/dev/null; done");
  const std::string bytes = archive("--sparse --hole-detection=raw --sort=name " + GetParam());
  const auto members = read_archive(bytes, 600);
  EXPECT_EQ(members.size(), 6U);
  EXPECT_EQ(find(members, "t/" + name).member.sparse.size(), 61U);
  EXPECT_TRUE(find(members, "t/hole").member.is_sparse);
  EXPECT_EQ(find(members, "t/hole").member.stored_size, 0U);
  EXPECT_EQ(find(members, "t/late").member.size, 1'000'002U);
  EXPECT_LT(find(members, "t/late").member.stored_size, 10'000U);
  expect_like_tree(members, bytes, directory_.path(),
                   GetParam().starts_with("--format=posix") ? TimePrecision::nanoseconds : TimePrecision::seconds);
}

TEST_F(GnuTar, AnArchiveCutAnywhereIsShorterOrAnError) {
  sh("rm -rf t; mkdir -p t; printf hello > t/one; printf world > t/" + std::string(150, 'n') +
     "; truncate -s 20000 t/hole; printf x >> t/hole");
  for (const std::string options : {"--format=gnu --sparse", "--format=posix --sparse", "--format=posix"}) {
    const std::string bytes = archive(options + " --sort=name -b 1");
    const std::size_t all = read_archive(bytes).size();
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      PieceSource source(bytes.substr(0, length), 512);
      TarReader reader(source);
      std::size_t count = 0;
      const Error error = error_of([&] {
        while (reader.next()) {
          ++count;
        }
      });
      EXPECT_LE(count, all);
      EXPECT_TRUE(error.message().empty() || error.code() == Code::corrupt) << length << error.what();
      if (error.message().empty() && length % 512 != 0) {
        EXPECT_EQ(bytes.find_first_not_of('\0', length), bytes.find_first_not_of('\0', (length + 511) / 512 * 512))
            << "data was lost without a word at " << length;
      }
    }
  }
}

// --- Python's tarfile ---

TEST(PythonTarfile, EveryFormat) {
  const TempDir directory = test_directory();
  spill(directory.path() / "make.py", R"(
import io, sys, tarfile
for name, format in ('ustar', tarfile.USTAR_FORMAT), ('gnu', tarfile.GNU_FORMAT), ('pax', tarfile.PAX_FORMAT):
    with tarfile.open(name, 'w', format=format) as tar:
        def add(path, kind=tarfile.REGTYPE, data=b'', **fields):
            info = tarfile.TarInfo(path)
            info.type, info.size, info.mtime = kind, len(data), 1234567890
            for key, value in fields.items():
                setattr(info, key, value)
            tar.addfile(info, io.BytesIO(data))
        add('file', data=b'content', mode=0o751, uid=7, gid=8, uname='user', gname='group')
        add('dir', tarfile.DIRTYPE)
        add('link', tarfile.SYMTYPE, linkname='file')
        add('hard', tarfile.LNKTYPE, linkname='file')
        add('device', tarfile.CHRTYPE, devmajor=5, devminor=6)
        add('contiguous', tarfile.CONTTYPE, b'seven')
        if name != 'ustar':
            add('n' * 300, data=b'long', uid=2**31, linkname='')
            add('long-link', tarfile.SYMTYPE, linkname='t' * 300)
        if name == 'pax':
            add('\u00fcml\u00e4ut', pax_headers={'mtime': '-1.5', 'SCHILY.xattr.user.k': 'v'})
)");
  shell(directory.path(), "/usr/bin/python3 make.py");
  for (const std::string format : {"ustar", "gnu", "pax"}) {
    SCOPED_TRACE(format);
    const auto members = read_archive(slurp(directory.path() / format));
    const TarMember& file = find(members, "file").member;
    EXPECT_EQ(file.mode, 0751U);
    EXPECT_EQ(file.uid, 7U);
    EXPECT_EQ(file.gid, 8U);
    EXPECT_EQ(file.user_name, "user");
    EXPECT_EQ(file.mtime.seconds, 1234567890);
    EXPECT_EQ(find(members, "file").data, "content");
    EXPECT_EQ(find(members, "dir/").member.type, MemberType::directory);
    EXPECT_EQ(find(members, "hard").member.link_target, "file");
    EXPECT_EQ(find(members, "device").member.device_minor, 6U);
    EXPECT_EQ(find(members, "contiguous").data, "seven");
    if (format != "ustar") {
      EXPECT_EQ(find(members, std::string(300, 'n')).member.uid, 1U << 31);
      EXPECT_EQ(find(members, "long-link").member.link_target, std::string(300, 't'));
    }
  }
  const TarMember umlaut = find(read_archive(slurp(directory.path() / "pax")), "\xc3\xbcml\xc3\xa4ut").member;
  EXPECT_EQ(umlaut.mtime, (Timestamp{-2, 500'000'000}));
  EXPECT_THAT(umlaut.xattrs, ElementsAre(Pair("user.k", "v")));
}

// --- bsdtar ---

TEST_F(GnuTar, BsdtarOfTheSameTree) {
  if (!has_program("bsdtar")) {
    GTEST_SKIP() << "bsdtar (libarchive-tools) is not installed";
  }
  const bool has_xattrs = set_xattr("t/none", "user.any", "v\0\n"s);
  for (const std::string format : {"ustar", "pax", "gnutar", "v7"}) {
    SCOPED_TRACE(format);
    if (format == "v7") {
      sh("rm -f t/fifo t/null t/disk");
    }
    sh("bsdtar --format=" + format + " -cf out.tar t");
    const std::string bytes = slurp(directory_.path() / "out.tar");
    const auto members = read_archive(bytes);
    expect_like_tree(members, bytes, directory_.path(),
                     format == "pax" ? TimePrecision::nanoseconds : TimePrecision::seconds);
    if (format == "pax" && has_xattrs) {
      EXPECT_THAT(find(members, "t/none").member.xattrs, testing::Contains(Pair("user.any", "v\0\n"s)));
    }
  }
}

// --- Go's archive/tar ---

// Its test data, with what Go's own tests expect: the paths, or an error.
TEST(GoTestData, IsReadAsGoReadsIt) {
  const fs::path data = "/usr/share/go-1.19/src/archive/tar/testdata";
  if (!exists(data)) {
    GTEST_SKIP() << "golang-1.19-src is not installed";
  }
  const auto read = [&](const std::string& name) {
    const Fd file = open_file(data / name, O_RDONLY);
    const auto source = detect_and_decompress(file_source(file)).bytes;
    return read_archive(gather(*source));
  };
  const auto paths_of = [&](const std::string& name) {
    std::vector<std::string> paths;
    for (const ReadMember& member : read(name)) {
      paths.push_back(member.member.path);
    }
    return paths;
  };
  for (const std::string name :
       {"issue10968.tar", "issue11169.tar", "issue12435.tar", "neg-size.tar", "pax-bad-hdr-file.tar",
        "pax-bad-hdr-large.tar.bz2", "pax-bad-mtime-file.tar", "pax-nul-path.tar", "pax-nul-xattrs.tar"}) {
    EXPECT_EQ(error_of([&] { read(name); }).code(), Code::corrupt) << name;
  }
  EXPECT_THAT(paths_of("gnu.tar"), ElementsAre("small.txt", "small2.txt"));
  EXPECT_THAT(paths_of("star.tar"), ElementsAre("small.txt", "small2.txt"));
  EXPECT_THAT(paths_of("v7.tar"), ElementsAre("small.txt", "small2.txt"));
  EXPECT_THAT(paths_of("gnu-multi-hdrs.tar"), ElementsAre("GNU2/GNU2/long-path-name"));
  EXPECT_THAT(paths_of("pax-multi-hdrs.tar"), ElementsAre("bar"));
  EXPECT_THAT(paths_of("gnu-long-nul.tar"), ElementsAre("0123456789"));
  EXPECT_THAT(paths_of("gnu-not-utf8.tar"), ElementsAre("hi\x80\x81\x82\x83"s
                                                        "bye"));
  EXPECT_THAT(paths_of("trailing-slash.tar"), ElementsAre(testing::SizeIs(300)));
  EXPECT_THAT(paths_of("invalid-go17.tar"), ElementsAre(testing::EndsWith("aaa/foo")));
  EXPECT_THAT(paths_of("pax-global-records.tar"), ElementsAre("file1", "file2", "file3", "file4"));
  const auto formats = read("sparse-formats.tar");
  for (const std::string name : {"sparse-gnu", "sparse-posix-0.0", "sparse-posix-0.1", "sparse-posix-1.0"}) {
    EXPECT_EQ(find(formats, name).member.size, 200U);
    EXPECT_EQ(find(formats, name).data, find(formats, "sparse-gnu").data);
  }
  EXPECT_EQ(find(read("gnu-sparse-big.tar"), "gnu-sparse").member.size, 60'000'000'000U);
  EXPECT_EQ(find(read("pax-sparse-big.tar"), "pax-sparse").member.size, 60'000'000'000U);
  EXPECT_EQ(find(read("pax-pos-size-file.tar"), "foo").data.size(), 999U);
  EXPECT_THAT(find(read("xattrs.tar"), "small.txt").member.xattrs,
              ElementsAre(Pair("security.selinux", "unconfined_u:object_r:default_t:s0\0"s), Pair("user.key", "value"),
                          Pair("user.key2", "value2")));
}

}  // namespace
}  // namespace nacre::archive
