#include "archive/compression.h"

#include <algorithm>
#include <deque>
#include <string>

#include "archive/decoder.h"
#include "base/error.h"

namespace nacre::archive {

namespace {

using std::string_view_literals::operator""sv;

constexpr std::size_t longest_magic = 6;

bool is_zstd(std::string_view head) noexcept {
  // A frame, or a skippable frame (RFC 8878 3.1.2: 0x184D2A50 to 0x184D2A5F) as tools put first for their tables.
  return head.starts_with("\x28\xb5\x2f\xfd"sv) ||
         (head.size() >= 4 && (head[0] & 0xf0) == 0x50 && head.substr(1).starts_with("\x2a\x4d\x18"sv));
}

bool is_bzip2(std::string_view head) noexcept {
  // The level, then the magic of a first block, or of the end of an empty stream.
  return head.size() >= longest_magic && head.starts_with("BZh"sv) && head[3] >= '1' && head[3] <= '9' &&
         (head.substr(4).starts_with("1A"sv) || head.substr(4).starts_with("\x17\x72"sv));
}

std::unique_ptr<Decoder> make_decoder(Compression compression) {
  switch (compression) {
    case Compression::gzip:
      return make_gzip_decoder();
    case Compression::zstd:
      return make_zstd_decoder();
    case Compression::xz:
      return make_xz_decoder();
    case Compression::bzip2:
      return make_bzip2_decoder();
    case Compression::none:
      break;
  }
  throw Error(Code::internal, "decompress: the data is not compressed");
}

class DecompressingSource : public ByteSource {
 public:
  DecompressingSource(ByteSource& source, Compression compression, CancelToken cancel)
      : input_(source), decoder_(make_decoder(compression)), pool_(buffers_per_source), cancel_(std::move(cancel)) {}

  Chunk next() override {
    cancel_.check();
    if (ended_) {
      return {};
    }
    auto buffer = pool_.acquire(cancel_);
    const std::size_t length = decoder_->decode(input_, {buffer.get(), pool_.buffer_size()});
    ended_ = length < pool_.buffer_size();
    return BufferPool::chunk(std::move(buffer), length);
  }

 private:
  CompressedInput input_;
  std::unique_ptr<Decoder> decoder_;
  BufferPool pool_;
  CancelToken cancel_;
  bool ended_ = false;
};

// What `none` decompresses to: the source as it is.
class PassingSource : public ByteSource {
 public:
  explicit PassingSource(ByteSource& source) : source_(source) {}
  Chunk next() override { return source_.next(); }
  std::uint64_t skip(std::uint64_t length) override { return source_.skip(length); }

 private:
  ByteSource& source_;
};

// Owns a source whose first chunks were looked at already, and gives them out again.
class ReplayingSource : public ByteSource {
 public:
  explicit ReplayingSource(std::unique_ptr<ByteSource> source) : source_(std::move(source)) {}

  // Up to `length` of the first bytes.
  std::string peek(std::size_t length) {
    std::string head;
    while (head.size() < length) {
      Chunk chunk = source_->next();
      if (chunk.empty()) {
        break;
      }
      head += as_text(chunk.bytes.first(std::min(chunk.bytes.size(), length - head.size())));
      seen_.push_back(std::move(chunk));
    }
    return head;
  }

  Chunk next() override {
    if (seen_.empty()) {
      return source_->next();
    }
    Chunk chunk = std::move(seen_.front());
    seen_.pop_front();
    return chunk;
  }

  std::uint64_t skip(std::uint64_t length) override { return seen_.empty() ? source_->skip(length) : 0; }

 private:
  std::unique_ptr<ByteSource> source_;
  std::deque<Chunk> seen_;
};

// A decompressed stream that owns the compressed one.
class OwningSource : public ByteSource {
 public:
  OwningSource(std::unique_ptr<ByteSource> compressed, Compression compression, CancelToken cancel)
      : compressed_(std::move(compressed)), plain_(decompress(*compressed_, compression, std::move(cancel))) {}
  Chunk next() override { return plain_->next(); }

 private:
  std::unique_ptr<ByteSource> compressed_;
  std::unique_ptr<ByteSource> plain_;
};

}  // namespace

std::string_view name_of(Compression compression) noexcept {
  switch (compression) {
    case Compression::none:
      return "none";
    case Compression::gzip:
      return "gzip";
    case Compression::zstd:
      return "zstd";
    case Compression::xz:
      return "xz";
    case Compression::bzip2:
      return "bzip2";
  }
  return "unknown";
}

Compression detect_compression(Bytes head) noexcept {
  const std::string_view text = as_text(head);
  if (text.starts_with("\x1f\x8b\x08"sv)) {
    return Compression::gzip;
  }
  if (is_zstd(text)) {
    return Compression::zstd;
  }
  if (text.starts_with("\xfd"
                       "7zXZ\0"sv)) {
    return Compression::xz;
  }
  return is_bzip2(text) ? Compression::bzip2 : Compression::none;
}

std::unique_ptr<ByteSource> decompress(ByteSource& source, Compression compression, CancelToken cancel) {
  if (compression == Compression::none) {
    return std::make_unique<PassingSource>(source);
  }
  return std::make_unique<DecompressingSource>(source, compression, std::move(cancel));
}

DetectedSource detect_and_decompress(std::unique_ptr<ByteSource> source, CancelToken cancel) {
  auto replaying = std::make_unique<ReplayingSource>(std::move(source));
  const Compression compression = detect_compression(as_bytes(replaying->peek(longest_magic)));
  if (compression == Compression::none) {
    return {compression, std::move(replaying)};
  }
  return {compression, std::make_unique<OwningSource>(std::move(replaying), compression, std::move(cancel))};
}

}  // namespace nacre::archive
