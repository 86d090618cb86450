// Compression on every core, with the same output whatever their number.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "archive/byte_stream.h"
#include "archive/compression.h"

namespace nacre::archive {

struct CompressionChoice {
  Compression format = Compression::gzip;  // or zstd
  int level = 1;                           // gzip: 0..3, as ISA-L has them; zstd: 1..19

  // "gzip", "gzip:2", "zstd", "zstd:9". Throws Error (invalid_argument).
  static CompressionChoice parse(std::string_view text);
};

// The compressed bytes of `source`, which must outlive the result and is read from another thread until the end of the
// stream. The input is cut into blocks of a fixed size and each becomes a gzip member (RFC 1952 2.2) or a zstd frame
// (RFC 8878 3.1) of its own: every reader takes a row of them as one stream, and the bytes depend on nothing but input
// and choice. Without times and names inside.
std::unique_ptr<ByteSource> compress(ByteSource& source, const CompressionChoice& choice, CancelToken cancel = {});

}  // namespace nacre::archive
