// Compressed streams: the outcome does not depend on how the bytes arrive.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "archive/compression.h"
#include "base/error.h"
#include "test/support/streams.h"

namespace nacre::archive {
namespace {

using nacre::test::PieceSource;

constexpr std::size_t enough_output = 4 * 1024 * 1024;

void check(bool holds) {
  if (!holds) {
    std::abort();
  }
}

struct Outcome {
  std::string output;
  bool failed = false;
  Compression compression = Compression::none;
};

Outcome decompress_in_pieces(std::string_view bytes, std::size_t piece) {
  const DetectedSource source = detect_and_decompress(std::make_unique<PieceSource>(bytes, piece));
  Outcome outcome;
  outcome.compression = source.compression;
  try {
    for (Chunk chunk = source.bytes->next(); !chunk.empty(); chunk = source.bytes->next()) {
      outcome.output += as_text(chunk.bytes);
      if (outcome.output.size() > enough_output) {
        break;
      }
    }
  } catch (const Error& error) {
    check(error.code() == Code::corrupt || error.code() == Code::unsupported);
    outcome.failed = true;
  }
  return outcome;
}

void check_stream(std::string_view bytes) {
  const Outcome whole = decompress_in_pieces(bytes, std::max<std::size_t>(bytes.size(), 1));
  const Outcome pieces = decompress_in_pieces(bytes, 7);
  check(whole.compression == pieces.compression);
  // libzstd checks a frame's content size against what came out, but for a frame that arrives in pieces and ends with
  // an empty block.
  if (whole.compression != Compression::zstd) {
    check(whole.failed == pieces.failed);
  }
  if (!whole.failed && !pieces.failed) {
    check(whole.output == pieces.output);
  }
}

}  // namespace
}  // namespace nacre::archive

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  nacre::archive::check_stream({reinterpret_cast<const char*>(data), size});
  return 0;
}
