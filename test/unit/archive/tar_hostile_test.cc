// Archives made to hurt: what must not crash, hang, or fill the memory.
#include <limits>

#include <gtest/gtest.h>

#include "archive/tar_reader.h"
#include "test/unit/archive/archive_test_support.h"

namespace nacre::archive {
namespace {

using std::string_literals::operator""s;

std::string message_of(const std::string& archive, TarLimits limits = {}) {
  const Error error = error_of([&] { read_archive(archive, 4096, limits); });
  EXPECT_TRUE(error.message().empty() || error.code() == Code::corrupt) << error.what();
  return error.message();
}

// One of everything that has a structure of its own, small enough to be damaged byte by byte.
std::string specimen() {
  RawHeader sparse;
  sparse.type = 'S';
  sparse.name = "sparse";
  sparse.magic = gnu_magic;
  sparse.size = octal(4);
  sparse.tail = std::string(41, '\0') + octal(10) + ' ' + octal(4) + ' ' + std::string(72, '\0') + '\1' + octal(100);
  return raw_member('0', "first", "data") + pax_header({{"path", "second"}, {"mtime", "1.5"}, {"size", "5"}}) +
         RawHeader{.type = '0'}.block() + padded("12345") + raw_member('L', "@LongLink", std::string(600, 'l')) +
         RawHeader{.type = '5'}.block() + sparse.block() + std::string(512, '\0') + padded("abcd") +
         pax_header({{"GNU.sparse.major", "1"}, {"GNU.sparse.minor", "0"}, {"GNU.sparse.realsize", "50"}}) +
         raw_member('0', "third", padded("2\n0\n1\n20\n3\n") + "wxyz") + raw_member('0', "last", "end");
}

// Reads whatever can be read, and checks that it can be believed.
void read_damaged(const std::string& archive) {
  PieceSource source(archive, 1000);
  TarReader reader(source);
  try {
    while (const auto member = reader.next()) {
      ASSERT_EQ(member->data_offset % 512, 0U);
      ASSERT_LE(member->data_offset, archive.size());
      std::uint64_t file_end = 0;
      for (const SparseRun& run : member->sparse) {
        ASSERT_GE(run.file_offset, file_end);
        ASSERT_GE(run.data_offset, member->data_offset);
        ASSERT_LE(run.data_offset + run.length, member->data_offset + member->stored_size);
        file_end = run.file_offset + run.length;
      }
      ASSERT_LE(file_end, member->size);
    }
  } catch (const Error& error) {
    EXPECT_TRUE(error.code() == Code::corrupt || error.code() == Code::unsupported) << error.what();
  }
}

TEST(HostileTar, TheSpecimenIsFine) {
  EXPECT_EQ(read_archive(specimen() + end_of_archive).size(), 6U);
}

TEST(HostileTar, CutAtEveryByte) {
  const std::string archive = specimen();
  for (std::size_t length = 0; length < archive.size(); ++length) {
    read_damaged(archive.substr(0, length));
  }
}

TEST(HostileTar, EveryByteChanged) {
  const std::string archive = specimen();
  for (std::size_t i = 0; i < archive.size(); ++i) {
    for (const char value : {'\0', '\xff', '9', ' '}) {
      std::string damaged = archive;
      damaged[i] = value;
      read_damaged(damaged);
    }
  }
}

TEST(HostileTar, EveryByteOfAHeaderChangedUnderARightChecksum) {
  const std::string archive = specimen();
  for (std::size_t block = 0; block < archive.size(); block += 512) {
    for (std::size_t i = 0; i < 512; ++i) {
      for (const char value : {'\0', '\xff', '7', 'x', 'S'}) {
        std::string damaged = archive.substr(block, 512);
        damaged[i] = value;
        read_damaged(archive.substr(0, block) + with_checksum(damaged) + archive.substr(block + 512));
      }
    }
  }
}

TEST(HostileTar, SizesBeyondTheArchive) {
  RawHeader header;
  header.size = "77777777777";
  EXPECT_EQ(message_of(header.block() + "short"), "tar: member 'x': unexpected end of data");
  header.size = "\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff"s;
  EXPECT_EQ(message_of(header.block() + noise(5000)), "tar: member 'x': unexpected end of data");
}

TEST(HostileTar, ASkippingSourceNoticesTheEndToo) {
  RawHeader header;
  header.size = "77777777777";
  const auto source = memory_source(header.block() + noise(5000));
  TarReader reader(*source);
  reader.next();
  EXPECT_EQ(error_of([&] { reader.next(); }).message(), "tar: member 'x': unexpected end of data");
}

TEST(HostileTar, ExtendedHeadersHaveALimit) {
  const std::string record = "path=" + std::string(2000, 'p');
  for (const char type : {'x', 'g', 'L', 'K'}) {
    EXPECT_EQ(message_of(raw_member(type, "huge", record) + RawHeader{}.block(), {.max_extended_header = 1000}),
              "tar: member 'huge': an extended header of 2005 bytes is beyond the limit of 1000");
  }
  RawHeader header;
  header.type = 'x';
  header.size = "77777777777";  // claimed, not there: nothing of the size may be allocated
  EXPECT_EQ(message_of(header.block()),
            "tar: member 'x': an extended header of 8589934591 bytes is beyond the limit of 1048576");
}

TEST(HostileTar, PathsHaveALimit) {
  const std::string header = RawHeader{}.block();
  EXPECT_EQ(message_of(raw_member('L', "", std::string(65536, 'p')) + header), "");
  EXPECT_TRUE(message_of(raw_member('L', "", std::string(65537, 'p')) + header)
                  .ends_with("...': path is longer than 65536 bytes"));
  EXPECT_EQ(message_of(raw_member('K', "", std::string(65537, 'p')) + header),
            "tar: member 'x': link target is longer than 65536 bytes");
}

TEST(HostileTar, AnExtendedHeaderWithNothingBehindIt) {
  const std::string member = raw_member('0', "x", "data");
  for (const std::string& header :
       {pax_header({{"path", "y"}}), raw_member('L', "", "name"), raw_member('K', "", "target")}) {
    EXPECT_EQ(message_of(member + header), "tar: unexpected end of data: an extended header, then no member");
    EXPECT_EQ(message_of(member + header + end_of_archive),
              "tar: unexpected end of data: an extended header, then no member");
  }
  EXPECT_EQ(message_of(member + pax_header({{"comment", "y"}}, 'g') + end_of_archive), "");
}

TEST(HostileTar, EndlessSparseExtensionBlocksOnlyCostTheirReading) {
  RawHeader header;
  header.type = 'S';
  header.magic = gnu_magic;
  header.tail = std::string(137, '\0') + '\1' + octal(0);
  const std::string extension = std::string(504, '\0') + '\1' + std::string(7, '\0');
  std::string archive = header.block();
  for (int i = 0; i < 10'000; ++i) {
    archive += extension;
  }
  EXPECT_EQ(message_of(archive), "tar: member 'x': unexpected end of data");
}

TEST(HostileTar, GlobalHeadersDoNotPileUp) {
  std::string archive;
  for (int i = 0; i < 100; ++i) {
    archive += pax_header({{"vendor.key" + std::to_string(i), std::string(10'000, 'v')}}, 'g');
  }
  EXPECT_EQ(read_archive(archive + RawHeader{}.block()).size(), 1U);
}

}  // namespace
}  // namespace nacre::archive
