// Compressed streams, told apart by their content.
#pragma once

#include <memory>
#include <string_view>

#include "archive/byte_stream.h"

namespace nacre::archive {

enum class Compression { none, gzip, zstd, xz, bzip2 };

std::string_view name_of(Compression compression) noexcept;  // "gzip"

// What the first bytes say (6 are enough). Anything unknown is `none`.
Compression detect_compression(Bytes head) noexcept;

// The decompressed bytes of `source`, which must outlive the result. Several members or frames in a row are one stream
// (RFC 1952 2.2, zstd RFC 8878 3.1, xz and bzip2 concatenation); zero padding after gzip members is ignored, other
// trailing bytes are an Error. Truncated or damaged data: Error (corrupt), "gzip: unexpected end of data", "gzip: wrong
// checksum". Memory is bounded whatever the input says (xz and zstd windows above 128 MiB are refused). gzip is
// inflated by ISA-L.
std::unique_ptr<ByteSource> decompress(ByteSource& source, Compression compression, CancelToken cancel = {});

// A source that looks at its first bytes and decompresses if they call for it.
struct DetectedSource {
  Compression compression;
  std::unique_ptr<ByteSource> bytes;
};
DetectedSource detect_and_decompress(std::unique_ptr<ByteSource> source, CancelToken cancel = {});

}  // namespace nacre::archive
