// Internal to archive/: what the four decompressors have in common.
#pragma once

#include <memory>

#include "archive/byte_stream.h"

namespace nacre::archive {

// The compressed bytes, as a decoder consumes them: whatever is left of the current chunk, then the next one.
class CompressedInput {
 public:
  explicit CompressedInput(ByteSource& source) : source_(source) {}

  // What is at hand; empty only at the end of the source.
  Bytes bytes() {
    if (chunk_.empty()) {
      chunk_ = source_.next();
    }
    return chunk_.bytes;
  }
  // Passes over the first `count` of bytes().
  void consume(std::size_t count) noexcept { chunk_.bytes = chunk_.bytes.subspan(count); }

 private:
  ByteSource& source_;
  Chunk chunk_;
};

// One format's way of turning compressed bytes into plain ones. Throws Error (corrupt or unsupported).
class Decoder {
 public:
  virtual ~Decoder() = default;
  // Writes plain bytes to the beginning of `out` and returns how many; fewer than out.size() only at the end of the
  // last member or frame. Not called again after that.
  virtual std::size_t decode(CompressedInput& in, MutableBytes out) = 0;
};

std::unique_ptr<Decoder> make_gzip_decoder();
std::unique_ptr<Decoder> make_zstd_decoder();
std::unique_ptr<Decoder> make_xz_decoder();
std::unique_ptr<Decoder> make_bzip2_decoder();

// Windows larger than this are refused: the memory they need is the writer's choice, not ours.
inline constexpr unsigned max_window_log = 27;

}  // namespace nacre::archive
