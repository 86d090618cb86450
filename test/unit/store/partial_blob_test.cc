#include "store/partial_blob.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace nacre::store {
namespace {

class PartialBlobTest : public testing::Test {
 protected:
  PartialBlobTest() {
    make_directories(layout_.locks());
    for (std::size_t i = 0; i < content_.size(); ++i) {
      content_[i] = static_cast<char>(i * 31 + i / 999);
    }
  }
  PartialBlob open(std::uint64_t size) { return PartialBlob::open(layout_, digest_, size, {}); }
  PartialBlob open() { return open(content_.size()); }
  Bytes cell(std::uint64_t index) const {
    return as_bytes(std::string_view(content_).substr(index * cell_size, cell_size));
  }
  fs::path file(const char* name) const { return layout_.download(digest_) / name; }

  TempDir folder_{fs::temp_directory_path(), "partial-"};
  Layout layout_{folder_.path()};
  std::string content_ = std::string(3 * cell_size + 100, '\0');
  oci::Digest digest_ = oci::Digest::of("whatever");
};

TEST_F(PartialBlobTest, WhatWasKeptIsThereTheNextTime) {
  {
    PartialBlob blob = open();
    EXPECT_EQ(blob.cells(), 4U);
    EXPECT_EQ(blob.length_of(3), 100U);
    blob.keep(3, cell(3));
    blob.keep(1, cell(1));
  }
  PartialBlob blob = open();
  EXPECT_FALSE(blob.has(0));
  EXPECT_TRUE(blob.has(1));
  EXPECT_FALSE(blob.has(2));
  EXPECT_TRUE(blob.has(3));
  std::string read(cell_size, '\0');
  blob.read(1, std::as_writable_bytes(std::span(read)));
  EXPECT_EQ(as_bytes(read).size(), cell(1).size());
  EXPECT_EQ(read, as_text(cell(1)));
}

TEST_F(PartialBlobTest, AFinishedBlobIsTheFileAndNothingElse) {
  PartialBlob blob = open();
  for (std::uint64_t i = 0; i < blob.cells(); ++i) {
    blob.keep(i, cell(i));
  }
  const TempFile file = blob.finish(folder_.path());
  EXPECT_EQ(read_file(file.path(), 1 << 30), content_);
  EXPECT_FALSE(path_exists(layout_.download(digest_)));
}

TEST_F(PartialBlobTest, DamagedCellsAreForgotten) {
  {
    PartialBlob blob = open();
    blob.keep(0, cell(0));
    blob.keep(1, cell(1));
  }
  write_all_at(open_file(file("data"), O_WRONLY), as_bytes("x"), cell_size + 5);
  const PartialBlob blob = open();
  EXPECT_TRUE(blob.has(0));
  EXPECT_FALSE(blob.has(1));
}

TEST_F(PartialBlobTest, AJournalIsReadUpToItsFirstBadRecord) {
  {
    PartialBlob blob = open();
    for (std::uint64_t i = 0; i < 4; ++i) {
      blob.keep(i, cell(i));
    }
  }
  const std::string whole = read_file(file("journal"), 10'000);
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    const Fd journal = open_file(file("journal"), O_WRONLY | O_TRUNC);
    write_all(journal, as_bytes(whole.substr(0, length)));
    const PartialBlob blob = open();
    const std::size_t records = length < 16 ? 0 : (length - 16) / 16;
    for (std::uint64_t i = 0; i < 4; ++i) {
      EXPECT_EQ(blob.has(i), i < records) << length;
    }
    if (length < 16) {  // begun anew: the data, too
      const Fd data = open_file(file("data"), O_WRONLY);
      write_all_at(data, as_bytes(content_), 0);
    }
  }
  std::string garbled = whole;
  garbled[16 + 16 + 3] ^= 1;  // the second record
  write_file_atomically(file("journal"), garbled);
  const PartialBlob blob = open();
  EXPECT_TRUE(blob.has(0));
  EXPECT_FALSE(blob.has(1) || blob.has(2) || blob.has(3));
}

TEST_F(PartialBlobTest, WhatFollowsABadRecordCanBeKeptAgain) {
  {
    PartialBlob blob = open();
    blob.keep(0, cell(0));
  }
  write_all_at(open_file(file("journal"), O_WRONLY), as_bytes("torn"), 32);
  {
    PartialBlob blob = open();
    blob.keep(2, cell(2));
  }
  const PartialBlob blob = open();
  EXPECT_TRUE(blob.has(0) && blob.has(2));
}

TEST_F(PartialBlobTest, AnotherSizeBeginsAnew) {
  open().keep(0, cell(0));
  EXPECT_FALSE(open(2 * cell_size).has(0));
  EXPECT_FALSE(open().has(0));
}

TEST_F(PartialBlobTest, OldDownloadsAreSwept) {
  open().keep(0, cell(0));
  make_directories(layout_.trash());
  EXPECT_EQ(sweep_downloads(layout_), 0U);
  fs::last_write_time(file("journal"), fs::file_time_type::clock::now() - std::chrono::hours(24 * 8));
  {
    const PartialBlob held = open();
    EXPECT_EQ(sweep_downloads(layout_), 0U);
  }
  EXPECT_GT(sweep_downloads(layout_), 0U);
  EXPECT_FALSE(path_exists(layout_.download(digest_)));
}

}  // namespace
}  // namespace nacre::store
