#include "archive/compression.h"

#include <map>

#include <fcntl.h>
#include <gtest/gtest.h>

#include "test/unit/archive/archive_test_support.h"

namespace nacre::archive {
namespace {

using std::string_literals::operator""s;

std::string plain_of(const std::string& compressed, Compression compression, std::size_t piece = 4096) {
  PieceSource source(compressed, piece);
  return gather(*decompress(source, compression));
}

// What the format's own program makes of a text. Made once: starting programs takes longer than the tests.
const std::string& packed(Compression compression, const std::string& text) {
  static std::map<std::pair<Compression, std::string>, std::string> made;
  std::string& bytes = made[{compression, text}];
  if (bytes.empty()) {
    const TempDir directory = test_directory();
    spill(directory.path() / "in", text);
    shell(directory.path(), std::string(name_of(compression)) + " -c < in > out");
    bytes = slurp(directory.path() / "out");
  }
  return bytes;
}

class EachCompression : public testing::TestWithParam<Compression> {
 protected:
  std::string unpack(const std::string& bytes, std::size_t piece = 4096) { return plain_of(bytes, GetParam(), piece); }
};

INSTANTIATE_TEST_SUITE_P(Formats, EachCompression,
                         testing::Values(Compression::gzip, Compression::zstd, Compression::xz, Compression::bzip2),
                         [](const auto& test) { return std::string(name_of(test.param)); });

TEST_P(EachCompression, ReadsWhatTheProgramWrites) {
  for (const std::string& text : {""s, "x"s, prose(100'000), noise(300'000), prose(900'000)}) {
    EXPECT_EQ(unpack(packed(GetParam(), text)), text);
  }
}

TEST_P(EachCompression, IsDetectedByItsFirstSixBytes) {
  for (const std::string& text : {""s, prose(1000)}) {
    EXPECT_EQ(detect_compression(as_bytes(packed(GetParam(), text)).first(6)), GetParam());
  }
}

TEST_P(EachCompression, MayArriveInAnyPieces) {
  const std::string text = prose(50'000);
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 511U, 100'000U}) {
    EXPECT_EQ(unpack(packed(GetParam(), text), piece), text) << piece;
  }
}

TEST_P(EachCompression, MayBeSeveralInARow) {
  const std::string& empty = packed(GetParam(), "");
  const std::string& one = packed(GetParam(), prose(1000));
  const std::string& two = packed(GetParam(), noise(chunk_size));
  for (const std::size_t piece : {1U, 4096U}) {
    EXPECT_EQ(unpack(one + empty + two + one + empty, piece), prose(1000) + noise(chunk_size) + prose(1000));
  }
}

TEST_P(EachCompression, RefusesOtherBytesAfterTheEnd) {
  const std::string& bytes = packed(GetParam(), prose(1000));
  for (const std::string& tail : {"x"s, "some other text that follows"s, "\0\0\0\0\0\0\0x"s}) {
    EXPECT_EQ(error_of([&] { unpack(bytes + tail); }).code(), Code::corrupt) << tail;
  }
}

TEST_P(EachCompression, CutAnywhereIsAnError) {
  const std::string& bytes = packed(GetParam(), prose(2000));
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const Error error = error_of([&] { unpack(bytes.substr(0, length)); });
    EXPECT_EQ(error.code(), Code::corrupt) << length;
    EXPECT_EQ(error.message(), std::string(name_of(GetParam())) + ": unexpected end of data") << length;
  }
}

TEST_P(EachCompression, AFlippedBitNeverChangesTheContent) {
  const std::string text = prose(2000);
  const std::string& bytes = packed(GetParam(), text);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ 1 << bit);
      try {
        EXPECT_EQ(unpack(damaged), text) << i << " " << bit;  // a time stamp or a name may well be another
      } catch (const Error& error) {
        EXPECT_TRUE(error.code() == Code::corrupt || error.code() == Code::unsupported) << i << " " << error.what();
      }
    }
  }
}

TEST_P(EachCompression, NoiseIsAnError) {
  EXPECT_EQ(error_of([&] { unpack(noise(5000)); }).code(), Code::corrupt);
}

TEST_P(EachCompression, StopsWhenCancelled) {
  const auto source = memory_source(packed(GetParam(), prose(900'000)));
  CancelToken cancel;
  const auto plain = decompress(*source, GetParam(), cancel);
  EXPECT_FALSE(plain->next().empty());
  cancel.request();
  EXPECT_THROW(plain->next(), Cancelled);
}

TEST_P(EachCompression, ExpandsWithoutHoldingMore) {
  constexpr std::size_t size = 20'000'000;
  const auto source = memory_source(packed(GetParam(), std::string(size, '\0')));
  const auto plain = decompress(*source, GetParam());
  std::size_t length = 0;
  for (Chunk chunk = plain->next(); !chunk.empty(); chunk = plain->next()) {
    EXPECT_LE(chunk.bytes.size(), chunk_size);
    length += chunk.bytes.size();
  }
  EXPECT_EQ(length, size);
}

TEST_P(EachCompression, DetectAndDecompressOwnsTheChain) {
  const std::string text = prose(100'000);
  DetectedSource detected = detect_and_decompress(std::make_unique<PieceSource>(packed(GetParam(), text), 2));
  EXPECT_EQ(detected.compression, GetParam());
  EXPECT_EQ(gather(*detected.bytes), text);
}

TEST(DetectAndDecompress, PassesPlainBytesOn) {
  for (const std::string& text : {""s, "a"s, "BZh9"s, "\x1f\x8b"s, prose(500'000)}) {
    DetectedSource detected = detect_and_decompress(std::make_unique<PieceSource>(text, 3));
    EXPECT_EQ(detected.compression, Compression::none);
    EXPECT_EQ(gather(*detected.bytes), text);
  }
}

TEST(DetectAndDecompress, StillSkipsInAPlainFile) {
  const std::string text = prose(3 * chunk_size);
  DetectedSource detected = detect_and_decompress(memory_source(text));
  ChunkReader reader(*detected.bytes);
  EXPECT_EQ(reader.skip(2 * chunk_size), 2 * chunk_size);
  EXPECT_EQ(as_text(reader.take(10).bytes), text.substr(2 * chunk_size, 10));
}

TEST(DetectCompression, IsNotTooEager) {
  EXPECT_EQ(detect_compression(as_bytes("BZh99 bottles")), Compression::none);
  EXPECT_EQ(detect_compression(as_bytes("BZh01AY")), Compression::none);
  EXPECT_EQ(detect_compression(as_bytes("\x1f\x8b\x07")), Compression::none);
  EXPECT_EQ(detect_compression({}), Compression::none);
  EXPECT_EQ(detect_compression(as_bytes("\x5e\x2a\x4d\x18..")), Compression::zstd);  // a skippable frame
}

TEST(Decompress, NoneIsTheSourceItself) {
  const auto source = memory_source("plain");
  const auto same = decompress(*source, Compression::none);
  EXPECT_EQ(same->skip(2), 2U);
  EXPECT_EQ(gather(*same), "ain");
}

// --- gzip's wrapper, RFC 1952 ---

const std::string deflated_hello = "\xcb\x48\xcd\xc9\xc9\x07\x00"s;     // "hello", raw deflate
const std::string hello_trailer = "\x86\xa6\x10\x36\x05\x00\x00\x00"s;  // its CRC32 and its length
const std::string hello = deflated_hello + hello_trailer;
std::string gzip_header(char flags) {
  return "\x1f\x8b\x08"s + flags + "\x00\x00\x00\x00\x00\x03"s;
}

TEST(Gzip, ReadsEveryOptionalField) {
  EXPECT_EQ(plain_of(gzip_header(0) + hello, Compression::gzip), "hello");
  EXPECT_EQ(plain_of(gzip_header(4) +
                         "\x03\x00"
                         "abc"s +
                         hello,
                     Compression::gzip, 1),
            "hello");
  EXPECT_EQ(plain_of(gzip_header(8) + "a name\0"s + hello, Compression::gzip, 1), "hello");
  EXPECT_EQ(plain_of(gzip_header(16) + "a comment\0"s + hello, Compression::gzip, 1), "hello");
  EXPECT_EQ(plain_of(gzip_header(8) + std::string(300'000, 'n') + '\0' + hello, Compression::gzip), "hello");
}

TEST(Gzip, ChecksTheHeadersChecksum) {
  const std::string header = gzip_header(2);
  EXPECT_EQ(plain_of(header + "\xa7\x77"s + hello, Compression::gzip, 1), "hello");
  const Error error = error_of([&] { plain_of(header + "\xa8\x77"s + hello, Compression::gzip); });
  EXPECT_EQ(error.message(), "gzip: wrong checksum of the member header");
}

TEST(Gzip, ChecksTheTrailer) {
  for (const std::string& trailer : {"\x87\xa6\x10\x36\x05\x00\x00\x00"s, "\x86\xa6\x10\x36\x06\x00\x00\x00"s}) {
    const Error error = error_of([&] { plain_of(gzip_header(0) + deflated_hello + trailer, Compression::gzip); });
    EXPECT_EQ(error.message(), "gzip: wrong checksum");
    EXPECT_EQ(error.code(), Code::corrupt);
  }
}

TEST(Gzip, RefusesWhatTheFormatDoesNotHave) {
  EXPECT_EQ(error_of([] { plain_of("\x1f\x8b\x07"s, Compression::gzip); }).code(), Code::unsupported);
  EXPECT_EQ(error_of([] { plain_of(gzip_header(0x20) + hello, Compression::gzip); }).code(), Code::unsupported);
  // A back reference to before the beginning.
  EXPECT_EQ(error_of([] { plain_of(gzip_header(0) + "\x03\x02\x00\x00"s, Compression::gzip); }).message(),
            "gzip: damaged data");
}

TEST(Gzip, IgnoresZeroPaddingAndNothingElse) {
  const std::string member = gzip_header(0) + hello;
  EXPECT_EQ(plain_of(member + std::string(1'000'000, '\0'), Compression::gzip), "hello");
  EXPECT_EQ(plain_of(member + '\0', Compression::gzip, 1), "hello");
  EXPECT_EQ(error_of([&] { plain_of(member + std::string(9, '\0') + member, Compression::gzip); }).message(),
            "gzip: data after the padding that ends the stream");
  EXPECT_EQ(error_of([&] { plain_of(std::string(9, '\0'), Compression::gzip); }).code(), Code::corrupt);
}

TEST(Gzip, ReadsThousandsOfSmallMembers) {
  std::string bytes;
  std::string text;
  for (int i = 0; i < 100'000; ++i) {  // as estargz and bgzip write them
    bytes += gzip_header(0) + hello;
    text += "hello";
  }
  EXPECT_EQ(plain_of(bytes, Compression::gzip, 65536), text);
}

TEST(Gzip, ReadsEveryLevelAndStoredBlocks) {
  const TempDir directory = test_directory();
  const std::string text = prose(400'000) + noise(200'000) + std::string(100'000, 'z');
  spill(directory.path() / "in", text);
  for (const std::string command : {"gzip -1", "gzip -9",
                                    "/usr/bin/python3 -c 'import sys,zlib\n"
                                    "c = zlib.compressobj(0, zlib.DEFLATED, 31)\n"
                                    "d = sys.stdin.buffer.read()\n"
                                    "sys.stdout.buffer.write(c.compress(d) + c.flush())'"}) {
    shell(directory.path(), command + " < in > out");
    EXPECT_EQ(plain_of(slurp(directory.path() / "out"), Compression::gzip), text) << command;
  }
}

// --- zstd frames, RFC 8878 ---

// One raw block in a frame with a window of 2 to the power of 10 + exponent.
std::string zstd_frame(int exponent) {
  return "\x28\xb5\x2f\xfd\x00"s + static_cast<char>(exponent << 3) + "\x29\x00\x00"s + "hello";
}

TEST(Zstd, PassesOverSkippableFrames) {
  const std::string skippable = "\x53\x2a\x4d\x18\x04\x00\x00\x00skip"s;
  const std::string& frame = packed(Compression::zstd, "text");
  for (const std::size_t piece : {1U, 4096U}) {
    EXPECT_EQ(plain_of(skippable + frame + skippable + frame + skippable, Compression::zstd, piece), "texttext");
  }
  EXPECT_EQ(plain_of(skippable, Compression::zstd), "");
  EXPECT_EQ(error_of([&] { plain_of(frame + skippable.substr(0, 10), Compression::zstd); }).message(),
            "zstd: unexpected end of data");
}

TEST(Zstd, RefusesWindowsAbove128MiB) {
  EXPECT_EQ(plain_of(zstd_frame(17), Compression::zstd), "hello");
  const Error error = error_of([] { plain_of(zstd_frame(18), Compression::zstd); });
  EXPECT_EQ(error.code(), Code::unsupported);
  EXPECT_EQ(error.message(), "zstd: a window above 128 MiB is refused; compress it again without --long or --ultra");
}

TEST(Zstd, ReadsLongDistanceWindows) {
  const TempDir directory = test_directory();
  const std::string text = noise(1'000'000) + std::string(9'000'000, 'z') + noise(1'000'000);
  spill(directory.path() / "in", text);
  shell(directory.path(), "cat in | zstd -c --long=24 > out");
  EXPECT_EQ(plain_of(slurp(directory.path() / "out"), Compression::zstd), text);
}

// --- xz ---

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = ~0U;
  for (const char c : bytes) {
    crc ^= static_cast<std::uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) {
      crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
    }
  }
  return ~crc;
}

// An xz file whose block claims a dictionary of another size (in the format's own code for sizes).
std::string with_dictionary(std::string xz, char code) {
  constexpr std::size_t block_header = 12;
  xz[block_header + 4] = code;
  const std::uint32_t crc = crc32(std::string_view(xz).substr(block_header, 8));
  for (unsigned i = 0; i < 4; ++i) {
    xz[block_header + 8 + i] = static_cast<char>(crc >> 8 * i);
  }
  return xz;
}

TEST(Xz, RefusesDictionariesAbove128MiB) {
  const std::string& xz = packed(Compression::xz, "hello");
  EXPECT_EQ(plain_of(with_dictionary(xz, 30), Compression::xz), "hello");
  const Error error = error_of([&] { plain_of(with_dictionary(xz, 31), Compression::xz); });
  EXPECT_EQ(error.code(), Code::unsupported);
  EXPECT_EQ(error.message(), "xz: a dictionary above 128 MiB is refused; compress it again with -9 or less");
}

TEST(Xz, AcceptsStreamPadding) {
  const std::string& xz = packed(Compression::xz, "hello");
  EXPECT_EQ(plain_of(xz + std::string(8, '\0') + xz + std::string(4, '\0'), Compression::xz), "hellohello");
}

}  // namespace
}  // namespace nacre::archive
