#include "archive/tee.h"

#include <gtest/gtest.h>

#include "archive/compression.h"
#include "test/unit/archive/archive_test_support.h"

namespace nacre::archive {
namespace {

Chunk chunk_of(std::string text) {
  return memory_source(std::move(text))->next();
}

class FullSink : public ByteSink {
 public:
  void write(Bytes /*bytes*/) override { throw Error(Code::no_space, "write: no space left on device"); }
};

TEST(AsyncHasher, DigestsInOrder) {
  AsyncHasher hasher;
  std::string all;
  for (unsigned i = 0; i < 100; ++i) {
    const std::string text = noise(i * 37, i + 1);  // the first is empty
    all += text;
    hasher.add(chunk_of(text));
  }
  EXPECT_EQ(hasher.finish(), oci::Digest::of(all));
}

TEST(AsyncHasher, KnowsOtherAlgorithmsAndNoBytesAtAll) {
  AsyncHasher hasher(oci::DigestAlgorithm::sha512);
  EXPECT_EQ(hasher.finish().str(),
            "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
            "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e");
}

TEST(AsyncHasher, MayBeAbandoned) {
  AsyncHasher hasher;
  hasher.add(chunk_of(noise(chunk_size)));
  hasher.add(chunk_of(noise(chunk_size)));
}

TEST(AsyncHasher, WritesToItsSinkInOrder) {
  StringSink sink;
  AsyncHasher hasher(oci::DigestAlgorithm::sha256, &sink);
  hasher.add(chunk_of("one "));
  hasher.add(chunk_of("two"));
  EXPECT_EQ(hasher.finish(), oci::Digest::of("one two"));
  EXPECT_EQ(sink.text, "one two");
}

TEST(AsyncHasher, FailsWhenItsSinkDoesAndNeverWaitsForItself) {
  FullSink sink;
  AsyncHasher hasher(oci::DigestAlgorithm::sha256, &sink);
  const Error error = error_of([&] {
    for (int i = 0; i < 100; ++i) {  // more than the queue holds
      hasher.add(chunk_of("x"));
    }
  });
  EXPECT_EQ(error.code(), Code::no_space);
  EXPECT_EQ(error_of([&] { hasher.finish(); }).code(), Code::no_space);
}

TEST(TeeSource, PassesEverythingOnAndSeesEverything) {
  const std::string text = noise(5 * chunk_size + 1);
  const auto source = memory_source(text);
  AsyncHasher hasher;
  StringSink sink;
  TeeSource tee(*source, hasher, &sink);
  EXPECT_EQ(gather(tee), text);
  EXPECT_TRUE(tee.next().empty());
  EXPECT_EQ(tee.bytes_passed(), text.size());
  EXPECT_EQ(sink.text, text);
  EXPECT_EQ(hasher.finish(), oci::Digest::of(text));
}

TEST(TeeSource, IsNotSkipped) {
  const std::string text = noise(2 * chunk_size);
  const auto source = memory_source(text);
  AsyncHasher hasher;
  TeeSource tee(*source, hasher);
  ChunkReader reader(tee);
  EXPECT_EQ(reader.skip(text.size()), text.size());
  EXPECT_EQ(hasher.finish(), oci::Digest::of(text));
}

// A chain as long as a load's, whose stages share the buffers of two pools.
TEST(TeeSource, TwoTeesAroundADecompressor) {
  const TempDir directory = test_directory();
  const std::string text = prose(30 * chunk_size);
  spill(directory.path() / "text", text);
  shell(directory.path(), "gzip -1k text");
  const std::string compressed = slurp(directory.path() / "text.gz");
  const Fd file = open_file(directory.path() / "text.gz", 0);
  const auto source = file_source(file);
  AsyncHasher compressed_hasher;
  TeeSource compressed_tee(*source, compressed_hasher);
  const auto plain = decompress(compressed_tee, Compression::gzip);
  AsyncHasher plain_hasher;
  TeeSource plain_tee(*plain, plain_hasher);
  EXPECT_EQ(gather(plain_tee), text);
  EXPECT_EQ(compressed_hasher.finish(), oci::Digest::of(compressed));
  EXPECT_EQ(plain_hasher.finish(), oci::Digest::of(text));
}

}  // namespace
}  // namespace nacre::archive
