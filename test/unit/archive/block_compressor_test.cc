#include "archive/block_compressor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace nacre::archive {
namespace {

std::string compressed(const std::string& text, std::string_view choice) {
  const auto source = memory_source(text);
  return read_all(*compress(*source, CompressionChoice::parse(choice)), UINT64_MAX);
}

std::string noise(std::size_t length) {
  std::string text(length, '\0');
  std::uint32_t state = 1;
  for (char& c : text) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return text;
}

TEST(BlockCompressor, ComesBackAsItWas) {
  for (const std::size_t length : {0UL, 1UL, 1024UL * 1024, 1024UL * 1024 + 1, 5'000'000UL}) {
    for (const std::string& text : {std::string(length, 'x'), noise(length)}) {
      for (const char* const choice : {"gzip", "gzip:0", "gzip:2", "gzip:3", "zstd", "zstd:9"}) {
        const auto plain = detect_and_decompress(memory_source(compressed(text, choice)));
        EXPECT_NE(plain.compression, Compression::none) << choice << ' ' << length;
        EXPECT_EQ(read_all(*plain.bytes, UINT64_MAX), text) << choice << ' ' << length;
      }
    }
  }
}

TEST(BlockCompressor, TheSameInputGivesTheSameBytes) {
  const std::string text = noise(3'000'000) + std::string(9'000'000, 'y');
  for (const char* const choice : {"gzip", "zstd"}) {
    const std::string first = compressed(text, choice);
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(compressed(text, choice), first) << choice;
    }
  }
}

class Failing : public ByteSource {
 public:
  Chunk next() override { throw Error(Code::io, "broken"); }
};

TEST(BlockCompressor, FailuresOfTheInputComeOut) {
  Failing source;
  const auto result = compress(source, {});
  EXPECT_THROW(result->next(), Error);
}

TEST(BlockCompressor, NobodyNeedReadToTheEnd) {
  const auto source = memory_source(noise(20'000'000));
  const auto result = compress(*source, {});
  EXPECT_FALSE(result->next().empty());
}

TEST(BlockCompressor, BadChoicesAreNamed) {
  for (const char* const bad : {"", "xz", "gzip:", "gzip:4", "gzip:-1", "gzip:1x", "zstd:0", "zstd:20", "zstd:x"}) {
    EXPECT_THROW(CompressionChoice::parse(bad), Error) << bad;
  }
  EXPECT_EQ(CompressionChoice::parse("zstd:9").level, 9);
}

}  // namespace
}  // namespace nacre::archive
