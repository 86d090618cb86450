#include "archive/byte_stream.h"

#include <set>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "test/unit/archive/archive_test_support.h"

namespace nacre::archive {
namespace {

TEST(BufferPool, ReusesTheBufferThatCameBackLast) {
  BufferPool pool(2, 64);
  auto first = pool.acquire();
  auto second = pool.acquire();
  const std::byte* const address = first.get();
  EXPECT_NE(address, second.get());
  first.reset();
  EXPECT_EQ(pool.acquire().get(), address);
  EXPECT_EQ(pool.buffer_size(), 64U);
}

TEST(BufferPool, WaitsUntilABufferIsFree) {
  BufferPool pool(1, 16);
  auto held = pool.acquire();
  const std::byte* const address = held.get();
  std::thread waiter([&] { EXPECT_EQ(pool.acquire().get(), address); });
  held.reset();
  waiter.join();
}

TEST(BufferPool, StopsWaitingWhenCancelled) {
  BufferPool pool(1, 16);
  auto held = pool.acquire();
  CancelToken cancel;
  std::thread waiter([&] { EXPECT_THROW(pool.acquire(cancel), Cancelled); });
  cancel.request();
  waiter.join();
}

TEST(BufferPool, ChunksOutliveThePool) {
  Chunk chunk;
  {
    BufferPool pool(1, 16);
    auto buffer = pool.acquire();
    buffer[0] = std::byte{42};
    chunk = BufferPool::chunk(std::move(buffer), 1);
  }
  EXPECT_EQ(chunk.bytes.front(), std::byte{42});
  EXPECT_EQ(chunk.bytes.size(), 1U);
}

TEST(BufferPool, NeverHandsOutMoreThanItHasAmongThreads) {
  constexpr std::size_t buffers = 3;
  BufferPool pool(buffers, 16);
  std::mutex mutex;
  std::set<const std::byte*> seen;
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        const auto buffer = pool.acquire();
        const std::lock_guard lock(mutex);
        seen.insert(buffer.get());
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_LE(seen.size(), buffers);
}

TEST(MemorySource, GivesItsTextInChunksAndThenNothing) {
  const std::string text = noise(2 * chunk_size + 5);
  const auto source = memory_source(text);
  EXPECT_EQ(gather(*source), text);
  EXPECT_TRUE(source->next().empty());
  EXPECT_TRUE(source->next().empty());
}

TEST(MemorySource, ChunksOutliveTheSource) {
  auto source = memory_source("still here");
  const Chunk chunk = source->next();
  source.reset();
  EXPECT_EQ(as_text(chunk.bytes), "still here");
}

TEST(MemorySource, Skips) {
  const auto source = memory_source("0123456789");
  EXPECT_EQ(source->skip(4), 4U);
  EXPECT_EQ(as_text(source->next().bytes), "456789");
  EXPECT_EQ(source->skip(1), 0U);
}

class FileSourceTest : public testing::Test {
 protected:
  FileSourceTest() { spill(path_, content_); }

  TempDir directory_ = test_directory();
  fs::path path_ = directory_.path() / "file";
  std::string content_ = noise(3 * chunk_size + 77);
};

TEST_F(FileSourceTest, ReadsAWholeFile) {
  const Fd file = open_file(path_, O_RDONLY);
  EXPECT_EQ(gather(*file_source(file)), content_);
}

TEST_F(FileSourceTest, ReadsAPartAndLeavesTheFilePositionAlone) {
  const Fd file = open_file(path_, O_RDONLY);
  const auto one = file_source(file, 10, 20);
  const auto other = file_source(file, content_.size() - 5, 1000);
  EXPECT_EQ(gather(*one), content_.substr(10, 20));
  EXPECT_EQ(gather(*other), content_.substr(content_.size() - 5));
  EXPECT_EQ(::lseek(file.get(), 0, SEEK_CUR), 0);
}

TEST_F(FileSourceTest, BeginsBeyondTheEnd) {
  const Fd file = open_file(path_, O_RDONLY);
  const auto source = file_source(file, content_.size() + 1);
  EXPECT_EQ(source->skip(1), 0U);
  EXPECT_TRUE(source->next().empty());
}

TEST_F(FileSourceTest, SkipsWithoutReadingButNotBeyondTheEnd) {
  const Fd file = open_file(path_, O_RDONLY);
  const auto source = file_source(file);
  EXPECT_EQ(source->skip(content_.size() - 3), content_.size() - 3);
  EXPECT_EQ(as_text(source->next().bytes), content_.substr(content_.size() - 3));
  const auto another = file_source(file, 0, 100);
  EXPECT_EQ(another->skip(UINT64_MAX), 100U);
  EXPECT_TRUE(another->next().empty());
}

TEST_F(FileSourceTest, ReadsADeviceWhoseSizeIsZero) {
  const Fd device = open_file("/dev/zero", O_RDONLY);
  const auto source = file_source(device, 0, 1000);
  EXPECT_EQ(source->skip(10), 0U);
  EXPECT_EQ(gather(*source), std::string(1000, '\0'));
}

TEST_F(FileSourceTest, StopsWhenCancelled) {
  const Fd file = open_file(path_, O_RDONLY);
  CancelToken cancel;
  const auto source = file_source(file, 0, UINT64_MAX, cancel);
  source->next();
  cancel.request();
  EXPECT_THROW(source->next(), Cancelled);
}

struct Pipe {
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
      throw sys_error("pipe");
    }
    out.reset(ends[0]);
    in.reset(ends[1]);
  }
  Fd out, in;
};

TEST(StreamSource, ReadsAPipeToItsEnd) {
  Pipe pipe;
  const std::string text = noise(3'000'000);
  std::thread writer([&] {
    fd_sink(pipe.in)->write(as_bytes(text));
    pipe.in.reset();
  });
  const auto source = stream_source(pipe.out);
  EXPECT_EQ(gather(*source), text);
  EXPECT_TRUE(source->next().empty());
  writer.join();
}

TEST(StreamSource, StopsWaitingWhenCancelled) {
  const Pipe pipe;
  CancelToken cancel;
  const auto source = stream_source(pipe.out, cancel);
  std::thread waiter([&] { EXPECT_THROW(source->next(), Cancelled); });
  cancel.request();
  waiter.join();
}

TEST(StreamSource, SaysWhatFails) {
  const Fd directory = open_file("/", O_RDONLY);
  const Error error = error_of([&] { stream_source(directory)->next(); });
  EXPECT_EQ(error.message(), "read stream: is a directory");
  EXPECT_EQ(error.sys_errno(), EISDIR);
}

TEST(ChunkReader, ReadsAcrossChunks) {
  PieceSource source("abcdefghij", 3);
  ChunkReader reader(source);
  std::byte buffer[7];
  EXPECT_EQ(reader.read(buffer), 7U);
  EXPECT_EQ(as_text(buffer), "abcdefg");
  EXPECT_EQ(reader.position(), 7U);
  EXPECT_EQ(reader.read(buffer), 3U);
  EXPECT_EQ(as_text(Bytes(buffer).first(3)), "hij");
  EXPECT_EQ(reader.read(buffer), 0U);
  EXPECT_EQ(reader.position(), 10U);
}

TEST(ChunkReader, TakesWithoutCopying) {
  const auto source = memory_source("abcdefghij");
  ChunkReader reader(*source);
  const Chunk head = reader.take(4);
  const Chunk rest = reader.take(100);
  EXPECT_EQ(as_text(head.bytes), "abcd");
  EXPECT_EQ(as_text(rest.bytes), "efghij");
  EXPECT_EQ(head.bytes.data() + 4, rest.bytes.data());
  EXPECT_TRUE(reader.take(1).empty());
  EXPECT_TRUE(reader.take(0).empty());
}

TEST(ChunkReader, GivesBuffersBackAsSoonAsTheyAreUsedUp) {
  BufferPool pool(1, 8);
  struct PoolSource : ByteSource {
    explicit PoolSource(BufferPool& from) : pool(from) {}
    Chunk next() override { return BufferPool::chunk(pool.acquire(), 8); }
    BufferPool& pool;
  } source(pool);
  ChunkReader reader(source);
  std::byte buffer[20];
  EXPECT_EQ(reader.read(buffer), sizeof buffer);  // would wait for ever if a used-up chunk were kept
  EXPECT_EQ(reader.skip(20), 20U);
}

TEST(ChunkReader, SkipsInTheChunkInTheSourceAndByReading) {
  const std::string text = noise(chunk_size * 2);
  const auto memory = memory_source(text);
  ChunkReader seeking(*memory);
  std::byte byte;
  seeking.read({&byte, 1});
  EXPECT_EQ(seeking.skip(chunk_size), chunk_size);
  EXPECT_EQ(seeking.position(), chunk_size + 1);
  EXPECT_EQ(as_text(seeking.take(9).bytes), text.substr(chunk_size + 1, 9));
  EXPECT_EQ(seeking.skip(UINT64_MAX), chunk_size - 10);
  EXPECT_EQ(seeking.position(), text.size());

  PieceSource pieces("0123456789", 3);  // cannot seek
  ChunkReader reading(pieces);
  EXPECT_EQ(reading.skip(7), 7U);
  EXPECT_EQ(as_text(reading.take(9).bytes), "78");
  EXPECT_EQ(reading.skip(5), 1U);
}

TEST(ReadAll, RefusesMoreThanTheLimit) {
  EXPECT_EQ(read_all(*memory_source("12345"), 5), "12345");
  const Error error = error_of([] { read_all(*memory_source("123456"), 5); });
  EXPECT_EQ(error.code(), Code::corrupt);
  EXPECT_EQ(error.message(), "read stream: it is longer than 5 bytes");
}

TEST(FdSink, ReportsAFullDisk) {
  const Fd full = open_file("/dev/full", O_WRONLY);
  EXPECT_EQ(error_of([&] { fd_sink(full)->write(as_bytes("x")); }).code(), Code::no_space);
}

}  // namespace
}  // namespace nacre::archive
