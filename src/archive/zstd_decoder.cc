#include <new>

#include <fmt/format.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "archive/decoder.h"
#include "base/error.h"

namespace nacre::archive {

namespace {

struct FreeContext {
  void operator()(ZSTD_DCtx* context) const noexcept { ::ZSTD_freeDCtx(context); }
};

[[noreturn]] void throw_zstd_error(std::size_t result) {
  switch (static_cast<int>(::ZSTD_getErrorCode(result))) {  // the many codes not named mean the same to a caller
    case ZSTD_error_frameParameter_windowTooLarge:
      throw Error(Code::unsupported, fmt::format("zstd: a window above {} MiB is refused; compress it again without "
                                                 "--long or --ultra",
                                                 (1U << max_window_log) >> 20));
    case ZSTD_error_checksum_wrong:
      throw Error(Code::corrupt, "zstd: wrong checksum");
    case ZSTD_error_prefix_unknown:
      throw Error(Code::corrupt, "zstd: data that is no zstd frame where one should begin");
    case ZSTD_error_dictionary_wrong:
      throw Error(Code::unsupported, "zstd: the data needs a dictionary");
    case ZSTD_error_memory_allocation:
      throw std::bad_alloc();
    default:
      throw Error(Code::corrupt, "zstd: damaged data");
  }
}

class ZstdDecoder : public Decoder {
 public:
  ZstdDecoder() : context_(::ZSTD_createDCtx()) {
    if (context_ == nullptr) {
      throw std::bad_alloc();
    }
    ::ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, static_cast<int>(max_window_log));
  }

  // libzstd goes from frame to frame, and over skippable ones, by itself.
  std::size_t decode(CompressedInput& in, MutableBytes out) override {
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    while (output.pos < output.size) {
      const Bytes bytes = in.bytes();
      if (bytes.empty() && at_frame_end_) {
        break;
      }
      ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
      const std::size_t before = output.pos;
      const std::size_t result = ::ZSTD_decompressStream(context_.get(), &output, &input);
      if (::ZSTD_isError(result) != 0) {
        throw_zstd_error(result);
      }
      in.consume(input.pos);
      at_frame_end_ = result == 0;
      if (input.pos == 0 && output.pos == before) {
        throw Error(Code::corrupt, "zstd: unexpected end of data");
      }
    }
    return output.pos;
  }

 private:
  std::unique_ptr<ZSTD_DCtx, FreeContext> context_;
  bool at_frame_end_ = false;
};

}  // namespace

std::unique_ptr<Decoder> make_zstd_decoder() {
  return std::make_unique<ZstdDecoder>();
}

}  // namespace nacre::archive
