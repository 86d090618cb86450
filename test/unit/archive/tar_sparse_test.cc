// Sparse members, block by block. What GNU tar writes is in tar_foreign_test.cc.
#include "archive/tar_sparse.h"

#include <gtest/gtest.h>

#include "archive/tar_reader.h"
#include "test/unit/archive/archive_test_support.h"

namespace nacre::archive {
namespace {

using Runs = std::vector<std::pair<std::uint64_t, std::uint64_t>>;  // offset, length

Runs runs_of(const TarMember& member) {
  Runs runs;
  std::uint64_t data_offset = member.data_offset;
  for (const SparseRun& run : member.sparse) {
    EXPECT_EQ(run.data_offset, data_offset);
    data_offset += run.length;
    runs.emplace_back(run.file_offset, run.length);
  }
  EXPECT_EQ(data_offset, member.data_offset + member.stored_size);
  return runs;
}

std::string message_of(const std::string& archive, TarLimits limits = {}) {
  return error_of([&] { read_archive(archive, 4096, limits); }).message();
}

// An old GNU sparse header: up to four runs in it, the others 21 a block.
std::string old_gnu(const Runs& runs, std::uint64_t real_size, const std::string& data) {
  const auto fields = [&](std::size_t from, std::size_t count) {
    std::string text;
    for (std::size_t i = from; i < std::min(from + count, runs.size()); ++i) {
      text += octal(runs[i].first) + ' ' + octal(runs[i].second) + ' ';
    }
    return text + std::string(24 * count - text.size(), '\0');
  };
  RawHeader header;
  header.type = 'S';
  header.magic = gnu_magic;
  header.size = octal(data.size());
  header.tail = std::string(41, '\0') + fields(0, 4) + (runs.size() > 4 ? '\1' : '\0') + octal(real_size);
  std::string blocks = header.block();
  for (std::size_t from = 4; from < runs.size(); from += 21) {
    blocks += padded(fields(from, 21) + (runs.size() > from + 21 ? '\1' : '\0'));
  }
  return blocks + padded(data);
}

std::string pax_0_0(const Runs& runs, std::uint64_t size, const std::string& data) {
  const auto record = [](const std::string& key, std::uint64_t value) {
    const std::string rest = " " + key + "=" + std::to_string(value) + "\n";
    return std::to_string(rest.size() + 2) + rest;  // all are of two digits
  };
  std::string records = record("GNU.sparse.size", size) + record("GNU.sparse.numblocks", runs.size());
  for (const auto& [offset, length] : runs) {
    records += record("GNU.sparse.offset", offset) + record("GNU.sparse.numbytes", length);
  }
  return raw_member('x', "pax", records) + raw_member('0', "x", data);
}

std::string pax_0_1(const std::string& map, const std::string& count, std::uint64_t size, const std::string& data) {
  return pax_header({{"GNU.sparse.name", "real/name"},
                     {"GNU.sparse.size", std::to_string(size)},
                     {"GNU.sparse.numblocks", count},
                     {"GNU.sparse.map", map}}) +
         raw_member('0', "GNUSparseFile.1/x", data);
}

std::string pax_1_0(const std::string& map, std::uint64_t size, const std::string& data) {
  return pax_header({{"GNU.sparse.major", "1"},
                     {"GNU.sparse.minor", "0"},
                     {"GNU.sparse.name", "real/name"},
                     {"GNU.sparse.realsize", std::to_string(size)}}) +
         raw_member('0', "GNUSparseFile.1/x", padded(map) + data);
}

TEST(TarSparse, OldGnuWithAndWithoutExtensionBlocks) {
  for (const std::size_t count : {0U, 1U, 4U, 5U, 25U, 26U, 100U}) {
    Runs runs;
    std::string data;
    for (std::size_t i = 0; i < count; ++i) {
      runs.emplace_back(i * 1000, 10);
      data += noise(10, static_cast<unsigned>(i + 1));
    }
    const std::string archive = old_gnu(runs, 123'456, data) + raw_member('0', "next", "n");
    const auto members = read_archive(archive, 100);
    ASSERT_EQ(members.size(), 2U) << count;
    const TarMember& member = members[0].member;
    EXPECT_TRUE(member.is_sparse);
    EXPECT_EQ(member.size, 123'456U);
    EXPECT_EQ(runs_of(member), runs);
    EXPECT_EQ(members[0].data, data);
    EXPECT_EQ(member.data_offset, 512 * (1 + (count > 4 ? (count - 4 + 20) / 21 : 0)));
  }
}

TEST(TarSparse, OldGnuBelongsToGnuArchives) {
  RawHeader header;
  header.type = 'S';
  EXPECT_EQ(message_of(header.block()), "tar: member 'x': a GNU sparse member outside of a GNU archive");
}

TEST(TarSparse, OldGnuCutInItsExtensionBlocks) {
  const std::string archive = old_gnu({{0, 1}, {2, 1}, {4, 1}, {6, 1}, {8, 1}}, 10, "abcde");
  EXPECT_EQ(message_of(archive.substr(0, 700)), "tar: member 'x': unexpected end of data");
}

TEST(TarSparse, PaxFormats0) {
  const Runs runs = {{10, 3}, {100, 2}};
  for (const std::string& archive : {pax_0_0(runs, 200, "abcde"), pax_0_1("10,3,100,2", "2", 200, "abcde")}) {
    const auto members = read_archive(archive);
    ASSERT_EQ(members.size(), 1U);
    EXPECT_EQ(runs_of(members[0].member), runs);
    EXPECT_EQ(members[0].member.size, 200U);
    EXPECT_EQ(members[0].data, "abcde");
  }
  EXPECT_EQ(read_archive(pax_0_1("10,3,100,2", "2", 200, "abcde"))[0].member.path, "real/name");
}

TEST(TarSparse, PaxFormat1HasItsMapBeforeTheData) {
  const auto members = read_archive(pax_1_0("3\n10\n3\n100\n2\n200\n0\n", 200, "abcde") + raw_member('0', "next", "n"));
  ASSERT_EQ(members.size(), 2U);
  const TarMember& member = members[0].member;
  EXPECT_EQ(runs_of(member), (Runs{{10, 3}, {100, 2}}));  // the empty run says nothing
  EXPECT_EQ(member.path, "real/name");
  EXPECT_EQ(member.size, 200U);
  EXPECT_EQ(member.data_offset, 4U * 512);
  EXPECT_EQ(member.stored_size, 5U);
}

TEST(TarSparse, PaxFormat1WithAMapOfManyBlocks) {
  constexpr std::uint64_t count = 5000;
  std::string map = std::to_string(count) + "\n";
  for (std::uint64_t i = 0; i < count; ++i) {
    map += std::to_string(i * 4096) + "\n1\n";
  }
  const auto members = read_archive(pax_1_0(map, count * 4096, noise(count)), 1000);
  ASSERT_EQ(members.size(), 1U);
  EXPECT_EQ(members[0].member.sparse.size(), count);
  EXPECT_EQ(members[0].member.sparse.back().file_offset, (count - 1) * 4096);
  EXPECT_EQ(members[0].data, noise(count));
}

TEST(TarSparse, AllHoleAndEmpty) {
  const auto hole = read_archive(pax_1_0("0\n", 1000, ""));
  EXPECT_EQ(hole.at(0).member.size, 1000U);
  EXPECT_TRUE(hole.at(0).member.is_sparse);
  EXPECT_TRUE(hole.at(0).member.sparse.empty());
  EXPECT_EQ(read_archive(pax_1_0("1\n0\n0\n", 0, "")).at(0).member.size, 0U);
}

TEST(TarSparse, LiesAreErrors) {
  const auto map_error = [](const std::string& map, const std::string& count = "1") {
    return message_of(pax_0_1(map, count, 100, "abcde"));
  };
  const std::string about = "tar: member 'real/name': sparse map: ";
  EXPECT_EQ(map_error("0,3,2,2", "2"), about + "runs overlap or are out of order");
  EXPECT_EQ(map_error("10,3,0,2", "2"), about + "runs overlap or are out of order");
  EXPECT_EQ(map_error("96,5"), about + "a run is beyond the end of the file");
  EXPECT_EQ(map_error("101,0"), about + "a run is beyond the end of the file");
  EXPECT_EQ(map_error("1,9223372036854775807"), about + "a run is beyond the end of the file");
  EXPECT_EQ(map_error("0,6"), about + "the runs are longer than the data");
  EXPECT_EQ(map_error("0,4"), about + "the runs are shorter than the data");
  EXPECT_EQ(map_error("0,5", "2"), about + "its length is wrong");
  EXPECT_EQ(map_error("0"), about + "'' is not a number");
  EXPECT_EQ(map_error("0,x"), about + "'x' is not a number");
  EXPECT_EQ(map_error("0,-5"), "tar: member 'real/name': number in the sparse map is negative");
  EXPECT_EQ(message_of(pax_header({{"GNU.sparse.map", "0,5"}}) + raw_member('0', "x", "abcde")),
            "tar: member 'x': sparse map: its length is missing");
}

TEST(TarSparse, LiesOfFormat1AreErrors) {
  const std::string about = "tar: member 'real/name': sparse map: ";
  const std::string ends_in_padding = about + "a line that is too long for a number";
  EXPECT_EQ(message_of(pax_1_0("9\n0\n1\n", 9, "")), ends_in_padding);
  EXPECT_EQ(message_of(pax_1_0("2000000\n", 9, std::string(600, '\n'))), ends_in_padding);
  EXPECT_EQ(message_of(pax_1_0(std::string(512, '1'), 9, "")), about + "a line that is too long for a number");
  EXPECT_EQ(message_of(pax_1_0(std::string(510, '\n'), 9, "")), about + "'' is not a number");
  EXPECT_EQ(message_of(pax_1_0("", 9, "")), about + "it is longer than the data");
  EXPECT_EQ(message_of(pax_1_0("1\n0\n5\n", 9, "abcde").substr(0, 1600)),
            "tar: member 'real/name': unexpected end of data");
}

TEST(TarSparse, RefusesRunsWithoutLimit) {
  const TarLimits limits{.max_sparse_runs = 2};
  EXPECT_EQ(message_of(old_gnu({{0, 1}, {2, 1}, {4, 1}}, 9, "abc"), limits),
            "tar: member 'x': sparse map: more than 2 runs");
  EXPECT_EQ(message_of(pax_0_1("0,1,2,1,4,1", "3", 9, "abc"), limits),
            "tar: member 'real/name': sparse map: more than 2 runs");
  EXPECT_EQ(message_of(pax_1_0("3\n0\n1\n2\n1\n4\n1\n", 9, "abc"), limits),
            "tar: member 'real/name': sparse map: more than 2 runs");
}

TEST(TarSparse, RunsOfFormat0MustAlternate) {
  const std::string bad = "25 GNU.sparse.numbytes=1\n";
  EXPECT_EQ(message_of(raw_member('x', "pax", bad) + RawHeader{}.block()),
            "tar: member 'pax': PAX header: sparse runs out of order");
}

TEST(TarSparse, UnknownVersionsAreNotGuessedAt) {
  const Error error = error_of([] {
    read_archive(pax_header({{"GNU.sparse.major", "2"}, {"GNU.sparse.minor", "0"}}) + raw_member('0', "x", "abc"));
  });
  EXPECT_EQ(error.code(), Code::unsupported);
  EXPECT_EQ(error.message(), "tar: member 'x': sparse format 2.0 is not known");
}

TEST(TarSparse, OnlyRegularFilesAreSparse) {
  EXPECT_EQ(message_of(pax_header({{"GNU.sparse.map", "0,0"}, {"GNU.sparse.numblocks", "1"}}) +
                       RawHeader{.type = '5'}.block()),
            "tar: member 'x': it is sparse, but no regular file");
}

}  // namespace
}  // namespace nacre::archive
