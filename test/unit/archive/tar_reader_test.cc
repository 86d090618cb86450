// The dialects of tar, block by block. What other programs write is in tar_foreign_test.cc.
#include "archive/tar_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/unit/archive/archive_test_support.h"

namespace nacre::archive {
namespace {

using std::string_literals::operator""s;
using testing::ElementsAre;
using testing::Pair;

TarMember only_member(const std::string& blocks) {
  const std::vector<ReadMember> members = read_archive(blocks + end_of_archive);
  EXPECT_EQ(members.size(), 1U);
  return members.at(0).member;
}

std::string message_of(const std::string& archive) {
  const Error error = error_of([&] { read_archive(archive); });
  if (!error.message().empty()) {
    EXPECT_EQ(error.code(), Code::corrupt) << error.message();
  }
  return error.message();
}

std::vector<std::string> paths_of(const std::string& archive) {
  std::vector<std::string> paths;
  for (const ReadMember& read : read_archive(archive)) {
    paths.push_back(read.member.path);
  }
  return paths;
}

// --- header fields ---

TEST(TarReader, ReadsEveryFieldOfAHeader) {
  RawHeader header;
  header.name = "a/file";
  header.mode = "0106755";  // with the bits of a file type, as V7 wrote them
  header.uid = "0001750";
  header.gid = "0000144";
  header.mtime = "14567654321";
  header.user_name = "user";
  header.group_name = "group";
  const TarMember member = only_member(header.block());
  EXPECT_EQ(member.path, "a/file");
  EXPECT_EQ(member.type, MemberType::regular);
  EXPECT_EQ(member.mode, 06755U);
  EXPECT_EQ(member.uid, 1000U);
  EXPECT_EQ(member.gid, 100U);
  EXPECT_EQ(member.mtime, (Timestamp{014567654321, 0}));
  EXPECT_EQ(member.user_name, "user");
  EXPECT_EQ(member.group_name, "group");
  EXPECT_EQ(member.data_offset, 512U);
}

TEST(TarReader, KnowsEveryType) {
  const std::map<char, MemberType> types = {
      {'\0', MemberType::regular},  {'0', MemberType::regular},     {'1', MemberType::hard_link},
      {'2', MemberType::symlink},   {'3', MemberType::char_device}, {'4', MemberType::block_device},
      {'5', MemberType::directory}, {'6', MemberType::fifo},        {'7', MemberType::regular},
      {'Z', MemberType::regular},
  };
  for (const auto& [type, expected] : types) {
    RawHeader header;
    header.type = type;
    EXPECT_EQ(only_member(header.block()).type, expected) << type;
  }
}

TEST(TarReader, ASlashMakesADirectoryOfAnOldFile) {
  RawHeader header;
  header.name = "old/";
  header.type = '\0';
  EXPECT_EQ(only_member(header.block()).type, MemberType::directory);
  header.type = '0';
  EXPECT_EQ(only_member(header.block()).type, MemberType::regular);  // ustar has a type for directories
  header.magic = "";
  EXPECT_EQ(only_member(header.block()).type, MemberType::directory);
  // With data it is a file all the same.
  header.size = octal(3);
  EXPECT_EQ(only_member(header.block() + padded("abc")).type, MemberType::regular);
}

TEST(TarReader, ReadsNumbersInEveryNotation) {
  const std::map<std::string, std::uint64_t> numbers = {
      {"00000000012\0"s, 10},
      {"12", 10},
      {"   12 "s, 10},
      {"\0\0 12\0\0"s, 10},
      {"12\0garbage"s, 10},
      {std::string(12, '\0'), 0},
      {std::string(12, ' '), 0},
      {"777777777777", 077777777777U * 8 + 7},  // no terminator
      {"\x80\0\0\0\0\0\0\0\0\0\x01\x02"s, 258},
  };
  for (const auto& [field, value] : numbers) {
    RawHeader header;
    header.mtime = field;
    EXPECT_EQ(only_member(header.block()).mtime.seconds, static_cast<std::int64_t>(value)) << field;
  }
}

TEST(TarReader, ReadsNumbersInBase256) {
  const auto mtime = [](const std::string& field) {
    RawHeader header;
    header.mtime = field;
    return only_member(header.block()).mtime.seconds;
  };
  EXPECT_EQ(mtime(std::string(12, '\xff')), -1);
  EXPECT_EQ(mtime("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00"s), -256);
  EXPECT_EQ(mtime("\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff"s), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(mtime("\xff\xff\xff\xff\x80\0\0\0\0\0\0\0"s), std::numeric_limits<std::int64_t>::min());
  RawHeader header;
  header.uid = "\x80\0\0\0\x77\x35\x94\x00"s;
  header.gid = "\x80\0\0\0\xff\xff\xff\xff"s;
  const TarMember member = only_member(header.block());
  EXPECT_EQ(member.uid, 2'000'000'000U);
  EXPECT_EQ(member.gid, 0xffffffffU);
}

TEST(TarReader, RefusesWhatIsNoNumber) {
  const auto with = [](std::string RawHeader::* field, const std::string& value) {
    RawHeader header;
    header.type = '3';
    header.*field = value;
    return message_of(header.block());
  };
  EXPECT_EQ(with(&RawHeader::mode, "rwxr-xr"), "tar: member 'x': mode is not a number");
  EXPECT_EQ(with(&RawHeader::uid, "0000008"), "tar: member 'x': uid is not a number");
  EXPECT_EQ(with(&RawHeader::gid, "1 1"), "tar: member 'x': gid is not a number");
  EXPECT_EQ(with(&RawHeader::mtime, "0x12"), "tar: member 'x': mtime is not a number");
  EXPECT_EQ(with(&RawHeader::size, "12.5"), "tar: member 'x': size is not a number");
  EXPECT_EQ(with(&RawHeader::size, "-0000000001"), "tar: member 'x': size is negative");
  EXPECT_EQ(with(&RawHeader::size, std::string(12, '\xff')), "tar: member 'x': size is negative");
  EXPECT_EQ(with(&RawHeader::size, "\x80\0\0\0\x80\0\0\0\0\0\0\0"s), "tar: member 'x': size is not a number");  // 2^63
  EXPECT_EQ(with(&RawHeader::size, "\xbf" + std::string(11, '\xff')), "tar: member 'x': size is not a number");
  EXPECT_EQ(with(&RawHeader::uid, std::string(8, '\xff')), "tar: member 'x': uid is negative");
  EXPECT_EQ(with(&RawHeader::device_major, "zz"), "tar: member 'x': device major number is not a number");
  EXPECT_EQ(with(&RawHeader::device_minor, "\x80\0\0\x01\0\0\0\0"s),
            "tar: member 'x': device minor number 4294967296 is beyond 32 bits");
}

TEST(TarReader, ReadsDeviceNumbersOfDevicesOnly) {
  RawHeader header;
  header.type = '4';
  header.device_major = "0000010";
  header.device_minor = "\x80\0\0\0\0\x0f\xff\xff"s;
  EXPECT_EQ(only_member(header.block()).device_major, 8U);
  EXPECT_EQ(only_member(header.block()).device_minor, 0xfffffU);
  header.type = '0';
  header.device_major = "garbage";
  EXPECT_EQ(only_member(header.block()).device_major, 0U);
}

TEST(TarReader, JoinsPrefixAndName) {
  RawHeader header;
  header.name = std::string(100, 'n');
  header.tail = std::string(155, 'p') + "no prefix any more";
  EXPECT_EQ(only_member(header.block()).path, std::string(155, 'p') + '/' + std::string(100, 'n'));
  header.magic = "";  // V7 knows none of ustar's fields
  header.user_name = "user";
  const TarMember old = only_member(header.block());
  EXPECT_EQ(old.path, std::string(100, 'n'));
  EXPECT_EQ(old.user_name, "");
}

TEST(TarReader, StarHasAShorterPrefix) {
  RawHeader header;
  header.tail = padded(std::string(131, 'p') + octal(1) + " " + octal(2) + " ").substr(0, 163) + "tar\0"s;
  EXPECT_EQ(only_member(header.block()).path, std::string(131, 'p') + "/x");
}

TEST(TarReader, GnuHasTimesWhereUstarHasItsPrefix) {
  RawHeader header;
  header.magic = gnu_magic;
  header.tail = octal(1234) + '\0' + octal(5678) + '\0';
  EXPECT_EQ(only_member(header.block()).path, "x");
  header.tail = "usr/share/doc";  // as Go before 1.8 did
  EXPECT_EQ(only_member(header.block()).path, "usr/share/doc/x");
  header.tail = "usr/\xc3\xa9";
  EXPECT_EQ(only_member(header.block()).path, "x");
}

TEST(TarReader, ChecksumsMayBeSumsOfSignedBytes) {
  RawHeader header;
  header.name = "\xe9\xe8";
  const std::string block = with_checksum(header.block(), Signedness::signed_sum);
  ASSERT_NE(block, header.block());
  EXPECT_EQ(only_member(block).path, "\xe9\xe8");
}

TEST(TarReader, RefusesWrongChecksums) {
  std::string block = RawHeader{}.block();
  block[0] = 'y';
  EXPECT_EQ(message_of(block), "tar: header at byte 0: wrong checksum; this is no tar archive");
  EXPECT_EQ(message_of(RawHeader{}.block() + block), "tar: header at byte 512: wrong checksum; the archive is damaged");
  EXPECT_EQ(message_of(padded("Hello, I am a text")), "tar: header at byte 0: wrong checksum; this is no tar archive");
}

TEST(TarReader, NamesAreBytes) {
  RawHeader header;
  header.name = "caf\xe9\n\x1b[31m";
  EXPECT_EQ(only_member(header.block()).path, "caf\xe9\n\x1b[31m");
  header.size = "zzz";
  EXPECT_EQ(message_of(header.block()), "tar: member 'caf\\xe9\\x0a\\x1b[31m': size is not a number");
}

// --- data ---

TEST(TarReader, LinksDirectoriesAndDevicesHaveNoDataWhateverTheySay) {
  for (const char type : {'1', '2', '3', '4', '5', '6'}) {
    RawHeader header;
    header.type = type;
    header.size = octal(1000);
    header.link_target = "target";
    const auto members = read_archive(header.block() + raw_member('0', "next", "data") + end_of_archive);
    ASSERT_EQ(members.size(), 2U) << type;
    EXPECT_EQ(members[0].member.size, 0U);
    EXPECT_EQ(members[0].member.stored_size, 0U);
    EXPECT_EQ(members[0].member.link_target, "target");
    EXPECT_EQ(members[1].data, "data");
  }
}

TEST(TarReader, SkipsDataThatNobodyReads) {
  const std::string archive =
      raw_member('0', "one", noise(2000)) + raw_member('0', "two", noise(512)) + raw_member('0', "three", "3");
  PieceSource source(archive + end_of_archive, 100);
  TarReader reader(source);
  EXPECT_EQ(reader.next()->path, "one");
  EXPECT_FALSE(reader.next_data().empty());  // some of it
  EXPECT_EQ(reader.next()->path, "two");
  EXPECT_EQ(reader.next()->data_offset, archive.size() - 512);
  EXPECT_EQ(as_text(reader.next_data().bytes), "3");
  EXPECT_TRUE(reader.next_data().empty());
  EXPECT_FALSE(reader.next().has_value());
}

TEST(TarReader, DataIsNotCopied) {
  const std::string content = noise(1000);
  const auto source = memory_source(raw_member('0', "x", content) + end_of_archive);
  TarReader reader(*source);
  reader.next();
  const Chunk whole = reader.next_data();
  EXPECT_EQ(as_text(whole.bytes), content);  // in one piece, as it lies in the source's chunk
}

TEST(TarReader, MemberSourceIsTheMembersData) {
  PieceSource source(raw_member('0', "one", prose(3000)) + raw_member('0', "two", "2") + end_of_archive, 700);
  TarReader reader(source);
  reader.next();
  MemberSource data(reader);
  EXPECT_EQ(gather(data), prose(3000));
  EXPECT_EQ(reader.next()->path, "two");
}

// --- the end ---

TEST(TarReader, TheEndMayBeMarkedOrNot) {
  const std::string member = raw_member('0', "x", "data");
  for (const std::string& end : {""s, std::string(512, '\0'), end_of_archive, std::string(10240, '\0')}) {
    EXPECT_THAT(paths_of(member + end), ElementsAre("x")) << end.size();
  }
  EXPECT_TRUE(paths_of("").empty());
  EXPECT_TRUE(paths_of(end_of_archive).empty());
}

TEST(TarReader, ThePaddingOfTheLastMemberMayBeMissing) {
  const std::string member = raw_member('0', "x", "data");
  EXPECT_THAT(paths_of(member.substr(0, 512 + 4)), ElementsAre("x"));
  EXPECT_THAT(paths_of(member.substr(0, 512 + 100)), ElementsAre("x"));
}

TEST(TarReader, WhatFollowsTheEndIsDrained) {
  const std::string archive = raw_member('0', "x", "data") + end_of_archive + noise(100'000);
  EXPECT_THAT(paths_of(archive), ElementsAre("x"));  // read_archive() expects drain() to reach the end
}

TEST(TarReader, ASingleZeroBlockInsideIsAnError) {
  const std::string member = raw_member('0', "x", "data");
  EXPECT_EQ(message_of(member + std::string(512, '\0') + member),
            "tar: header at byte 1024: a single zero block inside the archive");
}

// --- GNU ---

TEST(TarReader, GnuLongNamesAndLinks) {
  const std::string path(5000, 'p');
  const std::string target(3000, 't');
  RawHeader header;
  header.name = path.substr(0, 100);
  header.link_target = target.substr(0, 100);
  header.type = '2';
  const TarMember member = only_member(raw_member('L', "././@LongLink", path + '\0') +
                                       raw_member('K', "././@LongLink", target + '\0') + header.block());
  EXPECT_EQ(member.path, path);
  EXPECT_EQ(member.link_target, target);
  EXPECT_EQ(member.type, MemberType::symlink);
  // A NUL ends the name, the last of several counts, and it wins over PAX.
  EXPECT_EQ(only_member(raw_member('L', "", "first") + raw_member('L', "", "second\0junk"s) +
                        pax_header({{"path", "pax"}}) + RawHeader{}.block())
                .path,
            "second");
}

TEST(TarReader, GnuVolumeLabelsArePassedOver) {
  EXPECT_THAT(paths_of(raw_member('V', "my backup", "") + raw_member('0', "x", "1")), ElementsAre("x"));
  EXPECT_THAT(paths_of(raw_member('V', "my backup", noise(600)) + raw_member('0', "x", "1")), ElementsAre("x"));
}

TEST(TarReader, GnuDumpDirectoriesAreDirectories) {
  const auto members = read_archive(raw_member('D', "dir/", "Yfile\0Nother\0\0"s) + raw_member('0', "dir/file", "1"));
  ASSERT_EQ(members.size(), 2U);
  EXPECT_EQ(members[0].member.type, MemberType::directory);
  EXPECT_EQ(members[0].data, "");
  EXPECT_EQ(members[1].member.path, "dir/file");
}

TEST(TarReader, GnuContinuedVolumesAreNotSupported) {
  const Error error = error_of([] { read_archive(raw_member('M', "x", "rest")); });
  EXPECT_EQ(error.code(), Code::unsupported);
  EXPECT_EQ(error.message(), "tar: member 'x': it goes on from another volume; join the volumes to one archive first");
}

// --- PAX ---

TEST(TarReader, PaxRecordsOverrideTheHeader) {
  RawHeader header;
  header.size = octal(1);
  header.user_name = "old";
  const std::string data = "0123456789";
  const TarMember member = only_member(pax_header({{"path", "a/\xe2\x82\xac"},
                                                   {"size", "10"},
                                                   {"uid", "4000000000"},
                                                   {"gid", "3000000"},
                                                   {"uname", "new"},
                                                   {"gname", std::string(100, 'g')},
                                                   {"mtime", "1700000000.123456789"},
                                                   {"atime", "1"},
                                                   {"comment", "nobody reads this"}}) +
                                       header.block() + padded(data));
  EXPECT_EQ(member.path, "a/\xe2\x82\xac");
  EXPECT_EQ(member.size, 10U);
  EXPECT_EQ(member.stored_size, 10U);
  EXPECT_EQ(member.uid, 4'000'000'000U);
  EXPECT_EQ(member.gid, 3'000'000U);
  EXPECT_EQ(member.user_name, "new");
  EXPECT_EQ(member.group_name, std::string(100, 'g'));
  EXPECT_EQ(member.mtime, (Timestamp{1700000000, 123456789}));
}

TEST(TarReader, PaxEmptyValuesSayNothing) {
  RawHeader header;
  header.user_name = "user";
  const TarMember member = only_member(pax_header({{"path", ""}, {"uname", ""}, {"size", ""}}) + header.block());
  EXPECT_EQ(member.path, "x");
  EXPECT_EQ(member.user_name, "user");
}

TEST(TarReader, PaxTimes) {
  const std::map<std::string, Timestamp> times = {
      {"0", {0, 0}},
      {"12", {12, 0}},
      {"12.", {12, 0}},
      {"12.5", {12, 500'000'000}},
      {"12.123456789987", {12, 123'456'789}},
      {"-1", {-1, 0}},
      {"-0.5", {-1, 500'000'000}},
      {"-1.25", {-2, 750'000'000}},
      {"-1.000", {-1, 0}},
      {"9223372036854775807.9", {INT64_MAX, 900'000'000}},
  };
  for (const auto& [text, time] : times) {
    EXPECT_EQ(only_member(pax_header({{"mtime", text}}) + RawHeader{}.block()).mtime, time) << text;
  }
  for (const std::string text : {".5", "x", "1.x", "1.5x", "--1", "+-1", "1 ", "9223372036854775808"}) {
    EXPECT_EQ(message_of(pax_header({{"mtime", text}}) + RawHeader{}.block()),
              "tar: member 'x': mtime '" + text + "' is not a time");
  }
}

TEST(TarReader, PaxXattrsHoldAnyBytes) {
  const std::string value = "line\n12 key=value\n\0\xff="s;
  const TarMember member = only_member(pax_header({{"SCHILY.xattr.user.any", value},
                                                   {"SCHILY.xattr.user.empty", ""},
                                                   {"SCHILY.xattr.", "no name"},
                                                   {"SCHILY.acl.access", "user::rwx"},
                                                   {"RHT.security.selinux", "system_u:object_r"}}) +
                                       RawHeader{}.block());
  EXPECT_THAT(member.xattrs, ElementsAre(Pair("user.any", value), Pair("user.empty", "")));
}

TEST(TarReader, PaxXattrsAsLibarchiveWritesThem) {
  const TarMember member = only_member(pax_header({{"LIBARCHIVE.xattr.user.a%3Db%", "AAH/"},
                                                   {"LIBARCHIVE.xattr.user.short", "QQ"},
                                                   {"LIBARCHIVE.xattr.user.padded", "QUI="},
                                                   {"LIBARCHIVE.xattr.user.both", "QQ"},
                                                   {"SCHILY.xattr.user.both", "B"}}) +
                                       RawHeader{}.block());
  EXPECT_THAT(member.xattrs, ElementsAre(Pair("user.a=b%", "\0\x01\xff"s), Pair("user.both", "B"),
                                         Pair("user.padded", "AB"), Pair("user.short", "A")));
  EXPECT_TRUE(only_member(pax_header({{"LIBARCHIVE.xattr.user.x", "?"}}) + RawHeader{}.block()).xattrs.empty());
}

TEST(TarReader, PaxHeadersCountForOneMemberAndReplaceEachOther) {
  const std::string archive = pax_header({{"path", "lost"}, {"uid", "7"}}) + pax_header({{"gid", "8"}}) +
                              RawHeader{}.block() + RawHeader{.name = "next"}.block();
  const auto members = read_archive(archive);
  ASSERT_EQ(members.size(), 2U);
  EXPECT_EQ(members[0].member.path, "x");
  EXPECT_EQ(members[0].member.uid, 0U);
  EXPECT_EQ(members[0].member.gid, 8U);
  EXPECT_EQ(members[1].member.gid, 0U);
}

TEST(TarReader, SolarisExtendedHeadersArePax) {
  EXPECT_EQ(only_member(pax_header({{"path", "sun"}}, 'X') + RawHeader{}.block()).path, "sun");
}

TEST(TarReader, PaxGlobalHeadersCountForAllThatFollows) {
  const std::string archive = RawHeader{.name = "before"}.block() +
                              pax_header({{"uid", "5"},
                                          {"uname", "all"},
                                          {"mtime", "9.5"},
                                          {"comment", "0123456789abcdef"},
                                          {"path", "not for all"},
                                          {"size", "99"},
                                          {"SCHILY.xattr.user.x", "not for all"}},
                                         'g') +
                              RawHeader{.name = "one"}.block() + pax_header({{"uid", "6"}}) +
                              RawHeader{.name = "two"}.block() + pax_header({{"uid", "7"}}, 'g') +
                              RawHeader{.name = "three"}.block();
  const auto members = read_archive(archive);
  EXPECT_EQ(find(members, "before").member.uid, 0U);
  EXPECT_EQ(find(members, "one").member.uid, 5U);
  EXPECT_EQ(find(members, "one").member.mtime, (Timestamp{9, 500'000'000}));
  EXPECT_EQ(find(members, "one").member.size, 0U);
  EXPECT_TRUE(find(members, "one").member.xattrs.empty());
  EXPECT_EQ(find(members, "two").member.uid, 6U);
  EXPECT_EQ(find(members, "two").member.user_name, "all");
  EXPECT_EQ(find(members, "three").member.uid, 7U);
}

TEST(TarReader, APendingPaxHeaderSurvivesAGlobalOne) {
  EXPECT_EQ(only_member(pax_header({{"path", "kept"}}) + pax_header({{"uid", "1"}}, 'g') + RawHeader{}.block()).path,
            "kept");
}

TEST(TarReader, RefusesMalformedPaxRecords) {
  const std::map<std::string, std::string> bad = {
      {"nonsense", "a record without a length"},
      {"x a=b\n", "the length of a record is wrong"},
      {"-6 a=b\n", "the length of a record is wrong"},
      {"99 a=b\n", "the length of a record is wrong"},
      {"99999999999999999999 a=b\n", "the length of a record is wrong"},
      {"0 a=b\n", "a record does not end where its length says"},
      {"2 \n", "a record does not end where its length says"},
      {"6 a=b\n\n", "a record without a length"},
      {"5 a=b\n", "a record does not end where its length says"},
      {"5 =b\n", "a record without a key"},
      {"5 ab\n", "a record without a key"},
      {"9 path=\0\n"s, "path has a NUL byte"},
      {"14 linkpath=\0\n"s, "linkpath has a NUL byte"},
      {"6 \0=b\n"s, "a key with a NUL byte"},
  };
  for (const auto& [data, message] : bad) {
    EXPECT_THAT(message_of(raw_member('x', "pax", data) + RawHeader{}.block()),
                testing::AllOf(testing::StartsWith("tar: member 'pax': PAX header: "), testing::EndsWith(message)))
        << data;
  }
}

TEST(TarReader, RefusesBadNumbersInPaxRecords) {
  const auto with = [](const std::string& key, const std::string& value) {
    return message_of(pax_header({{key, value}}) + RawHeader{}.block());
  };
  EXPECT_EQ(with("size", "-1"), "tar: member 'x': size is negative");
  EXPECT_EQ(with("size", "1e3"), "tar: member 'x': size is not a number");
  EXPECT_EQ(with("size", "9223372036854775808"), "tar: member 'x': size is not a number");
  EXPECT_EQ(with("uid", "-2"), "tar: member 'x': uid is negative");
  EXPECT_EQ(with("gid", "root"), "tar: member 'x': gid is not a number");
  EXPECT_EQ(with("size", "9223372036854775807"), "tar: member 'x': unexpected end of data");
}

}  // namespace
}  // namespace nacre::archive
