#include "archive/tar_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "archive/pax.h"
#include "test/unit/archive/archive_test_support.h"

namespace nacre::archive {
namespace {

using std::string_literals::operator""s;
using testing::HasSubstr;

struct Content {
  TarMember member;
  std::string data;
};

std::string written(const std::vector<Content>& contents) {
  StringSink sink;
  TarWriter writer(sink);
  for (const Content& content : contents) {
    writer.add(content.member);
    writer.write(as_bytes(content.data));
  }
  writer.finish();
  EXPECT_EQ(writer.position(), sink.text.size());
  EXPECT_EQ(sink.text.size() % 512, 0U);
  return sink.text;
}

Content file(const std::string& path, const std::string& data = "") {
  TarMember member;
  member.path = path;
  member.mode = 0644;
  member.size = data.size();
  return {member, data};
}

Content entry(const std::string& path, MemberType type, const std::string& target = "") {
  TarMember member;
  member.path = path;
  member.type = type;
  member.mode = 0755;
  member.link_target = target;
  return {member, ""};
}

// What the reader makes of what the writer wrote; everything but the place of the data must be as it was.
TarMember round_trip(const Content& content) {
  const std::string archive = written({content});
  const auto members = read_archive(archive);
  EXPECT_EQ(members.size(), 1U);
  const TarMember& read = members.at(0).member;
  const TarMember& member = content.member;
  EXPECT_EQ(read.path, member.path);
  EXPECT_EQ(read.type, member.type);
  EXPECT_EQ(read.mode, member.mode);
  EXPECT_EQ(read.uid, member.uid);
  EXPECT_EQ(read.gid, member.gid);
  EXPECT_EQ(read.user_name, member.user_name);
  EXPECT_EQ(read.group_name, member.group_name);
  EXPECT_EQ(read.mtime, member.mtime);
  EXPECT_EQ(read.link_target, member.link_target);
  EXPECT_EQ(read.device_major, member.device_major);
  EXPECT_EQ(read.device_minor, member.device_minor);
  EXPECT_EQ(read.xattrs, member.xattrs);
  EXPECT_EQ(members.at(0).data, content.data);
  return read;
}

bool has_pax_header(const std::string& archive) {
  return archive.at(156) == 'x';
}

// --- the bytes ---

TEST(TarWriter, WritesPlainUstarWhereItCan) {
  Content content = file("dir/file", "hello");
  content.member.uid = 1000;
  content.member.gid = 100;
  content.member.mode = 04755;
  content.member.mtime.seconds = 1'700'000'000;
  content.member.user_name = "user";
  content.member.group_name = "group";
  RawHeader expected;
  expected.name = "dir/file";
  expected.mode = "0004755";
  expected.uid = "0001750";
  expected.gid = "0000144";
  expected.size = "00000000005";
  expected.mtime = "14524770400";
  expected.user_name = "user";
  expected.group_name = "group";
  EXPECT_EQ(written({content}), expected.block() + padded("hello") + end_of_archive);
}

TEST(TarWriter, WritesEveryType) {
  round_trip(file("file", noise(1000)));
  round_trip(file("empty"));
  round_trip(entry("dir/", MemberType::directory));
  round_trip(entry("soft", MemberType::symlink, "../target"));
  round_trip(entry("hard", MemberType::hard_link, "file"));
  round_trip(entry("fifo", MemberType::fifo));
  Content device = entry("device", MemberType::char_device);
  device.member.device_major = 07777777;
  device.member.device_minor = 0xfffff;
  round_trip(device);
  device.member.type = MemberType::block_device;
  round_trip(device);
}

TEST(TarWriter, DirectoriesEndWithASlash) {
  EXPECT_EQ(read_archive(written({entry("dir", MemberType::directory)})).at(0).member.path, "dir/");
}

TEST(TarWriter, SaysNothingTwice) {
  for (const Content& content :
       {file("x"), file(std::string(100, 'n')), entry("l", MemberType::symlink, std::string(100, 't')),
        file(std::string(155, 'p') + "/" + std::string(100, 'n'))}) {
    const std::string archive = written({content});
    EXPECT_FALSE(has_pax_header(archive)) << content.member.path;
    round_trip(content);
  }
}

TEST(TarWriter, LongPathsInEveryLength) {
  for (std::size_t length = 90; length < 300; ++length) {
    std::string path;
    while (path.size() < length) {
      path += "0123456/";
    }
    path.resize(length);
    if (path.back() == '/') {
      path.back() = 'x';
    }
    const Content content = file(path);
    // The last slash that leaves the prefix its 155 bytes is at 151.
    EXPECT_EQ(has_pax_header(written({content})), length > 152 + 100) << length;
    round_trip(content);
    round_trip(entry(path + "/", MemberType::directory));
    round_trip(file(std::string(length, 'n')));  // cannot be split
    round_trip(file("/" + std::string(length, 'n')));
    round_trip(entry("l", MemberType::symlink, path));
  }
}

TEST(TarWriter, NumbersAtTheirLimits) {
  const auto with = [](auto&& change) {
    Content content = file("x");
    change(content.member);
    round_trip(content);
    return has_pax_header(written({content}));
  };
  EXPECT_FALSE(with([](TarMember& m) { m.uid = 07777777; }));
  EXPECT_TRUE(with([](TarMember& m) { m.uid = 010000000; }));
  EXPECT_TRUE(with([](TarMember& m) { m.gid = 0xfffffffe; }));
  EXPECT_FALSE(with([](TarMember& m) { m.mtime.seconds = 077777777777; }));
  EXPECT_TRUE(with([](TarMember& m) { m.mtime.seconds = 0100000000000; }));
  EXPECT_TRUE(with([](TarMember& m) { m.mtime = {-1, 0}; }));
  EXPECT_TRUE(with([](TarMember& m) { m.mtime = {-1, 999'999'999}; }));
  EXPECT_TRUE(with([](TarMember& m) { m.mtime = {5, 1}; }));
  EXPECT_TRUE(with([](TarMember& m) { m.mtime = {INT64_MIN, 1}; }));
  EXPECT_TRUE(with([](TarMember& m) { m.user_name = std::string(32, 'u'); }));
  EXPECT_FALSE(with([](TarMember& m) { m.group_name = std::string(31, 'g'); }));
  EXPECT_TRUE(with([](TarMember& m) { m.user_name = "\xc3\xbc"; }));
}

TEST(TarWriter, SizesAbove8GiBStandInARecord) {
  Content content = file("big");
  content.member.size = 077777777777 + 1ULL;
  StringSink sink;
  TarWriter(sink).add(content.member);
  EXPECT_THAT(sink.text, HasSubstr("size=8589934592\n"));
  EXPECT_EQ(sink.text.substr(1024 + 124, 12), "00000000000\0"s);
}

TEST(TarWriter, NamesAreBytes) {
  round_trip(file("caf\xc3\xa9"));
  round_trip(file("not utf-8 \xff\xfe"));
  round_trip(file("a name\nwith everything\t\"'\\"));
  round_trip(file(std::string(99, 'a') + "/" + std::string(150, 'b')));  // a slash where a short name would be cut
}

TEST(TarWriter, XattrsHoldAnyBytes) {
  Content content = file("x", "data");
  content.member.xattrs = {{"user.a", "line\n9 a=b\n\0\xff"s}, {"user.empty", ""}, {"security.capability", noise(20)}};
  round_trip(content);
}

TEST(TarWriter, RecordsAreSortedAndOfEveryLength) {
  Content content = file("x");
  for (std::size_t length = 0; length < 1100; ++length) {
    content.member.xattrs["user.v"] = std::string(length, 'v');
    round_trip(content);
  }
  const std::string text = format_pax({{"b", "2"}, {"a", "1"}, {"c", std::string(95, 'c')}});
  EXPECT_EQ(text, "6 a=1\n6 b=2\n102 c=" + std::string(95, 'c') + "\n");
}

TEST(TarWriter, TheSameMembersGiveTheSameBytes) {
  Content content = file("caf\xc3\xa9", "data");
  content.member.mtime = {1, 2};
  EXPECT_EQ(written({content}), written({content}));
  EXPECT_EQ(written({content}).find("root"), std::string::npos);
}

TEST(TarWriter, AddFileKnowsTheSize) {
  StringSink sink;
  TarWriter writer(sink);
  TarMember member;
  member.path = "x";
  member.size = 999;
  writer.add_file(member, "content");
  writer.finish();
  EXPECT_EQ(read_archive(sink.text).at(0).data, "content");
}

// --- what it refuses ---

TEST(TarWriter, RefusesWhatNoArchiveCanHold) {
  const auto error = [](const Content& content) {
    StringSink sink;
    const Error thrown = error_of([&] { TarWriter(sink).add(content.member); });
    EXPECT_EQ(thrown.code(), Code::invalid_argument);
    EXPECT_TRUE(sink.text.empty());
    return thrown.message();
  };
  EXPECT_EQ(error(file("")), "tar: member '': the path is empty");
  EXPECT_EQ(error(file("x/")), "tar: member 'x/': only a directory's path can end with a slash");
  EXPECT_EQ(error(file("a\0b"s)), "tar: member 'a\\x00b': path has a NUL byte");
  EXPECT_EQ(error(entry("l", MemberType::symlink, "a\0b"s)), "tar: member 'l': linkpath has a NUL byte");
  Content content = file("x");
  content.member.xattrs = {{"user.a=b", ""}};
  EXPECT_EQ(error(content), "tar: member 'x': the extended attribute 'user.a=b' has no place in a tar archive");
  content = entry("x", MemberType::char_device);
  content.member.device_minor = 010000000;
  EXPECT_EQ(error(content), "tar: member 'x': device number 0:2097152 is too large for a tar archive");
}

TEST(TarWriter, DataMustBeAsLongAsPromised) {
  StringSink sink;
  TarWriter writer(sink);
  TarMember member = file("x").member;
  member.size = 3;
  writer.add(member);
  writer.write(as_bytes("ab"));
  EXPECT_EQ(error_of([&] { writer.write(as_bytes("cd")); }).message(), "tar: 1 bytes too many for the member");
  EXPECT_EQ(error_of([&] { writer.finish(); }).message(), "tar: the last member lacks 1 bytes");
  EXPECT_EQ(error_of([&] { writer.add(member); }).code(), Code::internal);
  writer.write(as_bytes("c"));
  EXPECT_EQ(error_of([&] { writer.write(as_bytes("d")); }).code(), Code::internal);
  writer.finish();
  EXPECT_EQ(read_archive(sink.text).at(0).data, "abc");
}

// --- as others read it ---

std::vector<Content> a_bit_of_everything() {
  std::vector<Content> contents = {
      entry("d", MemberType::directory),
      file("d/file", prose(3000)),
      entry("d/hard", MemberType::hard_link, "d/file"),
      entry("d/soft", MemberType::symlink, "file"),
      entry("d/fifo", MemberType::fifo),
      file("d/" + std::string(200, 'n'), "long"),
      file("d/caf\xc3\xa9", "utf-8"),
      entry("d/long-link", MemberType::symlink, std::string(300, 't')),
      file("d/big-id"),
      file("d/fraction"),
      file("d/before"),
      file("d/xattr", "with attribute"),
      file("last", "the end"),
  };
  contents[1].member.mode = 04711;
  contents[8].member.uid = 3'000'000'000;
  contents[8].member.gid = 4'000'000'000;
  contents[9].member.mtime = {1'700'000'000, 123'456'789};
  contents[10].member.mtime = {-2, 750'000'000};
  contents[11].member.xattrs = {{"user.key", "value\n"}};
  return contents;
}

TEST(TarWriterRead, ByGnuTar) {
  const TempDir directory = test_directory();
  spill(directory.path() / "a.tar", written(a_bit_of_everything()));
  const auto sh = [&](const std::string& command) { return shell(directory.path(), command); };
  const std::string list = sh("tar --numeric-owner --full-time --xattrs -tvvf a.tar 2>&1");
  EXPECT_THAT(list, HasSubstr("-rws--x--x  0/0            3000 1970-01-01 00:00:00 d/file"));
  EXPECT_THAT(list, HasSubstr("3000000000/4000000000"));
  EXPECT_THAT(list, HasSubstr("2023-11-14 22:13:20.123456789 d/fraction"));
  EXPECT_THAT(list, HasSubstr("d/hard link to d/file"));
  EXPECT_THAT(list, HasSubstr("d/long-link -> " + std::string(300, 't')));
  EXPECT_THAT(list, HasSubstr("6 user.key"));
  EXPECT_EQ(list.find("tar:"), std::string::npos) << list;
  sh("mkdir out; tar --no-same-owner -xpf a.tar -C out");
  for (const Content& content : a_bit_of_everything()) {
    if (content.member.type == MemberType::regular) {
      EXPECT_EQ(slurp(directory.path() / "out" / content.member.path), content.data);
    }
  }
  EXPECT_EQ(sh("stat -c '%a %h' out/d/file"), "4711 2\n");
  EXPECT_EQ(sh("stat -c %.2Y out/d/before"), "-1.25\n");
}

TEST(TarWriterRead, ByPython) {
  const TempDir directory = test_directory();
  spill(directory.path() / "a.tar", written(a_bit_of_everything()));
  const std::string list = shell(directory.path(), R"(/usr/bin/python3 -c '
import tarfile
for m in tarfile.open("a.tar"):
    print(m.name[:20], len(m.name), m.type.decode(), oct(m.mode), m.uid, m.gid, m.size, len(m.linkname), m.mtime)')");
  EXPECT_THAT(list, HasSubstr("d 1 5 0o755 0 0 0 0 0\n"));
  EXPECT_THAT(list, HasSubstr("d/file 6 0 0o4711 0 0 3000 0 0\n"));
  EXPECT_THAT(list, HasSubstr("d/nnnnnnnnnnnnnnnnnn 202 0 0o644 0 0 4 0 0\n"));
  EXPECT_THAT(list, HasSubstr("d/caf\xc3\xa9 6 0 0o644 0 0 5 0 0\n"));
  EXPECT_THAT(list, HasSubstr("d/big-id 8 0 0o644 3000000000 4000000000 0 0 0\n"));
  EXPECT_THAT(list, HasSubstr("d/before 8 0 0o644 0 0 0 0 -1.25\n"));
  EXPECT_THAT(list, HasSubstr("d/long-link 11 2 0o755 0 0 0 300 0\n"));
}

TEST(TarWriterRead, ByBsdtar) {
  if (!has_program("bsdtar")) {
    GTEST_SKIP() << "bsdtar (libarchive-tools) is not installed";
  }
  const TempDir directory = test_directory();
  spill(directory.path() / "a.tar", written(a_bit_of_everything()));
  const std::string list = shell(directory.path(), "LC_ALL=C.UTF-8 bsdtar -tvf a.tar 2>&1");
  EXPECT_THAT(list, HasSubstr("-rws--x--x"));
  EXPECT_THAT(list, testing::ContainsRegex("3000000000 +4000000000"));
  EXPECT_THAT(list, HasSubstr("d/caf\xc3\xa9"));
  EXPECT_THAT(list, HasSubstr("d/hard link to d/file"));
  EXPECT_EQ(list.find("bsdtar:"), std::string::npos) << list;
  EXPECT_EQ(shell(directory.path(), "bsdtar -xOf a.tar d/" + std::string(200, 'n') + " d/xattr last"),
            "longwith attributethe end");
}

}  // namespace
}  // namespace nacre::archive
