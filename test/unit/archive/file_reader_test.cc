#include "archive/file_reader.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "archive_test_support.h"

namespace nacre::archive {
namespace {

// On a real file system, where O_DIRECT works, and in memory, where it may not.
class FileReaderTest : public testing::TestWithParam<const char*> {
 protected:
  FileReaderTest() : directory_(GetParam(), "nacre-archive-test-") {}

  Fd make_file(const std::string& content) {
    const fs::path path = directory_.path() / "file";
    spill(path, content);
    const Fd file = open_file(path, O_RDONLY);
    sync_file(file);
    ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED);  // so that it is not read from the page cache
    return open_file(path, O_RDONLY);
  }

 private:
  TempDir directory_;
};

TEST_P(FileReaderTest, ReadsTheWholeFileWhateverItsSize) {
  for (const std::size_t size : {0U, 1U, 4096U, 4U * 1024 * 1024, 5U * 1024 * 1024 + 1, 20U * 1024 * 1024 - 513}) {
    const std::string content = noise(size);
    const Fd file = make_file(content);
    const auto source = read_ahead_source(file);
    EXPECT_TRUE(gather(*source) == content) << size;
    EXPECT_TRUE(source->next().empty()) << size;
  }
}

TEST_P(FileReaderTest, TheConsumerMayKeepAllBuffersAndOutliveTheSource) {
  const std::string content = noise(buffers_per_source * 1024 * 1024);
  const Fd file = make_file(content);
  auto source = read_ahead_source(file);
  std::vector<Chunk> kept;
  std::size_t size = 0;
  while (kept.size() < buffers_per_source) {
    kept.push_back(source->next());
    size += kept.back().bytes.size();
  }
  source.reset();
  std::string text;
  for (const auto& chunk : kept) {
    text += as_text(chunk.bytes);
  }
  EXPECT_TRUE(text == content.substr(0, size));
}

TEST_P(FileReaderTest, MayBeDroppedAtAnyTime) {
  const Fd file = make_file(noise(30 * 1024 * 1024));
  read_ahead_source(file);
  const auto source = read_ahead_source(file);
  EXPECT_FALSE(source->next().empty());
}

TEST_P(FileReaderTest, LooksAtTheCancelToken) {
  const Fd file = make_file(noise(30 * 1024 * 1024));
  const CancelToken cancel;
  const auto source = read_ahead_source(file, cancel);
  EXPECT_FALSE(source->next().empty());
  cancel.request();
  EXPECT_THROW(while (!source->next().empty()){}, Cancelled);
}

INSTANTIATE_TEST_SUITE_P(FileSystems, FileReaderTest, testing::Values("/var/tmp", "/dev/shm"));

}  // namespace
}  // namespace nacre::archive
