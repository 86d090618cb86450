#include "archive/byte_stream.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"

namespace nacre::archive {

std::uint64_t ByteSource::skip(std::uint64_t /*length*/) {
  return 0;
}

namespace {

class MemorySource : public ByteSource {
 public:
  explicit MemorySource(std::string text)
      : text_(std::make_shared<const std::string>(std::move(text))), rest_(as_bytes(*text_)) {}

  Chunk next() override {
    const Bytes bytes = rest_.first(std::min(rest_.size(), chunk_size));
    rest_ = rest_.subspan(bytes.size());
    return {text_, bytes};
  }

  std::uint64_t skip(std::uint64_t length) override {
    const std::size_t skipped = static_cast<std::size_t>(std::min<std::uint64_t>(length, rest_.size()));
    rest_ = rest_.subspan(skipped);
    return skipped;
  }

 private:
  std::shared_ptr<const std::string> text_;
  Bytes rest_;
};

}  // namespace

std::unique_ptr<ByteSource> memory_source(std::string text) {
  return std::make_unique<MemorySource>(std::move(text));
}

bool ChunkReader::refill() {
  if (current_.empty()) {
    current_ = source_.next();
  }
  return !current_.empty();
}

void ChunkReader::drop(std::size_t length) {
  position_ += length;
  current_.bytes = current_.bytes.subspan(length);
  if (current_.empty()) {
    current_ = {};  // lets the buffer return to its pool
  }
}

std::size_t ChunkReader::read(MutableBytes buffer) {
  std::size_t filled = 0;
  while (filled < buffer.size() && refill()) {
    const std::size_t length = std::min(buffer.size() - filled, current_.bytes.size());
    std::memcpy(buffer.data() + filled, current_.bytes.data(), length);
    drop(length);
    filled += length;
  }
  return filled;
}

Chunk ChunkReader::take(std::size_t max) {
  if (max == 0 || !refill()) {
    return {};
  }
  if (max >= current_.bytes.size()) {
    position_ += current_.bytes.size();
    return std::exchange(current_, {});
  }
  Chunk chunk = current_.part(0, max);
  drop(max);
  return chunk;
}

std::uint64_t ChunkReader::skip(std::uint64_t length) {
  std::uint64_t skipped = 0;
  while (skipped < length) {
    if (current_.empty()) {
      const std::uint64_t sought = source_.skip(length - skipped);
      skipped += sought;
      position_ += sought;
      if (skipped == length || !refill()) {
        break;
      }
    }
    const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(length - skipped, current_.bytes.size()));
    drop(step);
    skipped += step;
  }
  return skipped;
}

std::string read_all(ByteSource& source, std::uint64_t max_size) {
  std::string text;
  for (Chunk chunk = source.next(); !chunk.empty(); chunk = source.next()) {
    if (chunk.bytes.size() > max_size - text.size()) {
      throw Error(Code::corrupt, fmt::format("read stream: it is longer than {} bytes", max_size));
    }
    text += as_text(chunk.bytes);
  }
  return text;
}

}  // namespace nacre::archive
