#include <algorithm>
#include <limits>
#include <new>

#include <bzlib.h>
#include <fmt/format.h>

#include "archive/decoder.h"
#include "base/error.h"

namespace nacre::archive {

namespace {

[[noreturn]] void throw_bzip2_error(int result) {
  switch (result) {
    case BZ_DATA_ERROR_MAGIC:
      throw Error(Code::corrupt, "bzip2: data that is no bzip2 stream where one should begin");
    case BZ_DATA_ERROR:
      throw Error(Code::corrupt, "bzip2: damaged data");
    case BZ_MEM_ERROR:
      throw std::bad_alloc();
    default:
      throw Error(Code::internal, fmt::format("bzip2: libbz2 failed with code {}", result));
  }
}

// libbz2's state for one stream. It keeps a pointer back to bz_stream, so this never moves.
class Bzip2Stream {
 public:
  Bzip2Stream() {
    const int result = ::BZ2_bzDecompressInit(&stream_, 0, 0);
    if (result != BZ_OK) {
      throw_bzip2_error(result);
    }
  }
  Bzip2Stream(const Bzip2Stream&) = delete;
  Bzip2Stream& operator=(const Bzip2Stream&) = delete;
  ~Bzip2Stream() { ::BZ2_bzDecompressEnd(&stream_); }

  bz_stream* operator->() noexcept { return &stream_; }
  // Returns whether this stream is at its end.
  bool run() {
    const int result = ::BZ2_bzDecompress(&stream_);
    if (result != BZ_OK && result != BZ_STREAM_END) {
      throw_bzip2_error(result);
    }
    return result == BZ_STREAM_END;
  }

 private:
  bz_stream stream_{};
};

class Bzip2Decoder : public Decoder {
 public:
  std::size_t decode(CompressedInput& in, MutableBytes out) override {
    std::size_t written = 0;
    while (written < out.size()) {
      if (stream_ == nullptr) {
        if (!at_first_stream_ && in.bytes().empty()) {
          break;
        }
        stream_ = std::make_unique<Bzip2Stream>();
        at_first_stream_ = false;
      }
      written += run(in, out.subspan(written));
    }
    return written;
  }

 private:
  std::size_t run(CompressedInput& in, MutableBytes out) {
    constexpr std::size_t most = std::numeric_limits<unsigned>::max();
    const Bytes bytes = in.bytes();
    const auto given = static_cast<unsigned>(std::min(bytes.size(), most));
    const auto room = static_cast<unsigned>(std::min(out.size(), most));
    Bzip2Stream& stream = *stream_;
    // libbz2 only reads next_in; its type is not const for the sake of old C.
    stream->next_in = const_cast<char*>(reinterpret_cast<const char*>(bytes.data()));
    stream->avail_in = given;
    stream->next_out = reinterpret_cast<char*>(out.data());
    stream->avail_out = room;
    const bool ended = stream.run();
    const unsigned consumed = given - stream->avail_in;
    const unsigned written = room - stream->avail_out;
    in.consume(consumed);
    if (ended) {
      stream_.reset();
    } else if (consumed == 0 && written == 0) {
      throw Error(Code::corrupt, "bzip2: unexpected end of data");
    }
    return written;
  }

  std::unique_ptr<Bzip2Stream> stream_;
  bool at_first_stream_ = true;
};

}  // namespace

std::unique_ptr<Decoder> make_bzip2_decoder() {
  return std::make_unique<Bzip2Decoder>();
}

}  // namespace nacre::archive
