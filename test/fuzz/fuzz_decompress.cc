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

namespace {

using namespace nacre::archive;
using nacre::Bytes;
using nacre::Code;

constexpr std::size_t enough_output = 4 * 1024 * 1024;

void check(bool holds) {
  if (!holds) {
    std::abort();
  }
}

class PieceSource : public ByteSource {
 public:
  PieceSource(std::string_view bytes, std::size_t piece)
      : bytes_(std::make_shared<const std::string>(bytes)), piece_(piece) {}
  Chunk next() override {
    const Bytes rest = nacre::as_bytes(*bytes_).subspan(at_);
    const Bytes part = rest.first(std::min(rest.size(), piece_));
    at_ += part.size();
    return {bytes_, part};
  }

 private:
  std::shared_ptr<const std::string> bytes_;
  std::size_t piece_;
  std::size_t at_ = 0;
};

struct Outcome {
  std::string output;
  bool failed = false;
};

Outcome decompress_in_pieces(std::string_view bytes, std::size_t piece) {
  const DetectedSource source = detect_and_decompress(std::make_unique<PieceSource>(bytes, piece));
  Outcome outcome;
  try {
    for (Chunk chunk = source.bytes->next(); !chunk.empty(); chunk = source.bytes->next()) {
      outcome.output += nacre::as_text(chunk.bytes);
      if (outcome.output.size() > enough_output) {
        break;
      }
    }
  } catch (const nacre::Error& error) {
    check(error.code() == Code::corrupt || error.code() == Code::unsupported);
    outcome.failed = true;
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Outcome whole = decompress_in_pieces(bytes, std::max<std::size_t>(size, 1));
  const Outcome pieces = decompress_in_pieces(bytes, 7);
  check(whole.failed == pieces.failed && whole.output == pieces.output);
  return 0;
}
