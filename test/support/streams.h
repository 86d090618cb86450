// Sources and sinks in memory, for unit tests and fuzzers.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "archive/byte_stream.h"

namespace nacre::test {

// Gives out bytes in pieces of a fixed size, so that every structure is met cut in two. Each piece is an allocation of
// its own: a sanitizer sees who reads past it.
class PieceSource : public archive::ByteSource {
 public:
  PieceSource(std::string_view bytes, std::size_t piece) : bytes_(bytes), piece_(piece) {}

  archive::Chunk next() override {
    const auto piece = std::make_shared<const std::string>(bytes_.substr(at_, piece_));
    at_ += piece->size();
    return {piece, as_bytes(*piece)};
  }

 private:
  std::string bytes_;
  std::size_t piece_;
  std::size_t at_ = 0;
};

// Keeps all it is given.
class StringSink : public archive::ByteSink {
 public:
  void write(Bytes bytes) override { text += as_text(bytes); }
  std::string text;
};

}  // namespace nacre::test
