#include <new>

#include <fmt/format.h>
#include <lzma.h>

#include "archive/decoder.h"
#include "base/error.h"

namespace nacre::archive {

namespace {

// The window and what the decoder keeps beside it.
constexpr std::uint64_t memory_limit = (std::uint64_t{1} << max_window_log) + 2 * 1024 * 1024;

[[noreturn]] void throw_lzma_error(lzma_ret result) {
  switch (static_cast<int>(result)) {  // the codes not named are for encoders, or mean that liblzma was called wrongly
    case LZMA_MEMLIMIT_ERROR:
      throw Error(Code::unsupported, fmt::format("xz: a dictionary above {} MiB is refused; compress it again with "
                                                 "-9 or less",
                                                 (1U << max_window_log) >> 20));
    case LZMA_FORMAT_ERROR:
      throw Error(Code::corrupt, "xz: data that is no xz stream where one should begin");
    case LZMA_OPTIONS_ERROR:
      throw Error(Code::unsupported, "xz: the data needs a newer liblzma");
    case LZMA_DATA_ERROR:
      throw Error(Code::corrupt, "xz: damaged data");
    case LZMA_BUF_ERROR:
      throw Error(Code::corrupt, "xz: unexpected end of data");
    case LZMA_MEM_ERROR:
      throw std::bad_alloc();
    default:
      throw Error(Code::internal, fmt::format("xz: liblzma failed with code {}", static_cast<int>(result)));
  }
}

class XzDecoder : public Decoder {
 public:
  XzDecoder() {
    const lzma_ret result = ::lzma_stream_decoder(&stream_, memory_limit, LZMA_CONCATENATED);
    if (result != LZMA_OK) {
      throw_lzma_error(result);
    }
  }
  XzDecoder(const XzDecoder&) = delete;
  XzDecoder& operator=(const XzDecoder&) = delete;
  ~XzDecoder() override { ::lzma_end(&stream_); }

  std::size_t decode(CompressedInput& in, MutableBytes out) override {
    stream_.next_out = reinterpret_cast<std::uint8_t*>(out.data());
    stream_.avail_out = out.size();
    while (stream_.avail_out > 0) {
      const Bytes bytes = in.bytes();
      stream_.next_in = reinterpret_cast<const std::uint8_t*>(bytes.data());
      stream_.avail_in = bytes.size();
      // Only the end of the input tells liblzma that no further stream follows.
      const lzma_ret result = ::lzma_code(&stream_, bytes.empty() ? LZMA_FINISH : LZMA_RUN);
      in.consume(bytes.size() - stream_.avail_in);
      if (result == LZMA_STREAM_END) {
        break;
      }
      if (result != LZMA_OK) {
        throw_lzma_error(result);
      }
    }
    return out.size() - stream_.avail_out;
  }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

}  // namespace

std::unique_ptr<Decoder> make_xz_decoder() {
  return std::make_unique<XzDecoder>();
}

}  // namespace nacre::archive
