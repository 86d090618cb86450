#include <algorithm>
#include <limits>

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include "archive/decoder.h"
#include "base/error.h"

namespace nacre::archive {

namespace {

// RFC 1952 2.3.1, the FLG byte.
enum GzipFlag : std::uint8_t {
  header_crc = 0x02,
  extra_field = 0x04,
  file_name = 0x08,
  comment = 0x10,
  reserved = 0xe0
};

[[noreturn]] void throw_truncated() {
  throw Error(Code::corrupt, "gzip: unexpected end of data");
}

// Reads a member's header byte by byte, keeping nothing of it but its checksum: names and comments have no limit.
class HeaderReader {
 public:
  explicit HeaderReader(CompressedInput& in) : in_(in) {}

  // From ID1 to the first byte of the deflate stream.
  void read() {
    if (byte() != 0x1f || byte() != 0x8b) {
      throw Error(Code::corrupt, "gzip: data that is no gzip member where one should begin");
    }
    if (byte() != 8) {
      throw Error(Code::unsupported, "gzip: unknown compression method");
    }
    const std::uint8_t flags = byte();
    if ((flags & reserved) != 0) {
      throw Error(Code::unsupported, "gzip: unknown flags in the member header");
    }
    pass_over(6);  // MTIME, XFL, OS
    if ((flags & extra_field) != 0) {
      const unsigned low = byte();
      pass_over(low | static_cast<unsigned>(byte()) << 8);
    }
    if ((flags & file_name) != 0) {
      pass_over_text();
    }
    if ((flags & comment) != 0) {
      pass_over_text();
    }
    if ((flags & header_crc) != 0) {
      const std::uint32_t expected = crc_ & 0xffff;
      const unsigned low = byte();
      if ((low | static_cast<unsigned>(byte()) << 8) != expected) {
        throw Error(Code::corrupt, "gzip: wrong checksum of the member header");
      }
    }
  }

 private:
  std::uint8_t byte() {
    const Bytes bytes = in_.bytes();
    if (bytes.empty()) {
      throw_truncated();
    }
    const auto value = static_cast<std::uint8_t>(bytes.front());
    crc_ = ::crc32_gzip_refl(crc_, &value, 1);
    in_.consume(1);
    return value;
  }

  void pass_over(unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
      byte();
    }
  }

  void pass_over_text() {
    while (byte() != 0) {
    }
  }

  CompressedInput& in_;
  std::uint32_t crc_ = 0;
};

class GzipDecoder : public Decoder {
 public:
  GzipDecoder() { ::isal_inflate_init(&state_); }

  std::size_t decode(CompressedInput& in, MutableBytes out) override {
    std::size_t written = 0;
    while (written < out.size()) {
      if (!inside_member_) {
        if (!at_first_member_ && at_end_or_padding(in)) {
          break;
        }
        begin_member(in);
      }
      written += inflate(in, out.subspan(written));
    }
    return written;
  }

 private:
  void begin_member(CompressedInput& in) {
    HeaderReader(in).read();
    ::isal_inflate_reset(&state_);
    state_.crc_flag = ISAL_GZIP_NO_HDR_VER;  // the trailer's CRC32 and ISIZE are compared by ISA-L
    inside_member_ = true;
    at_first_member_ = false;
  }

  // Tapes and some writers pad the file with zeros; anything but zeros must be a further member.
  static bool at_end_or_padding(CompressedInput& in) {
    if (in.bytes().empty()) {
      return true;
    }
    if (in.bytes().front() != std::byte{0}) {
      return false;
    }
    for (Bytes bytes = in.bytes(); !bytes.empty(); bytes = in.bytes()) {
      if (std::ranges::any_of(bytes, [](std::byte byte) { return byte != std::byte{0}; })) {
        throw Error(Code::corrupt, "gzip: data after the padding that ends the stream");
      }
      in.consume(bytes.size());
    }
    return true;
  }

  std::size_t inflate(CompressedInput& in, MutableBytes out) {
    constexpr std::size_t most = std::numeric_limits<std::uint32_t>::max();
    const Bytes bytes = in.bytes();
    const auto given = static_cast<std::uint32_t>(std::min(bytes.size(), most));
    const auto room = static_cast<std::uint32_t>(std::min(out.size(), most));
    // ISA-L only reads next_in; its type is not const for the sake of C.
    state_.next_in = const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(bytes.data()));
    state_.avail_in = given;
    state_.next_out = reinterpret_cast<std::uint8_t*>(out.data());
    state_.avail_out = room;
    const int result = ::isal_inflate(&state_);
    if (result == ISAL_INCORRECT_CHECKSUM) {
      throw Error(Code::corrupt, "gzip: wrong checksum");
    }
    if (result < 0) {
      throw Error(Code::corrupt, "gzip: damaged data");
    }
    const std::uint32_t consumed = given - state_.avail_in;
    const std::uint32_t written = room - state_.avail_out;
    in.consume(consumed);
    if (state_.block_state == ISAL_BLOCK_FINISH) {
      inside_member_ = false;
    } else if (consumed == 0 && written == 0) {
      throw_truncated();
    }
    return written;
  }

  inflate_state state_;
  bool inside_member_ = false;
  bool at_first_member_ = true;
};

}  // namespace

std::unique_ptr<Decoder> make_gzip_decoder() {
  return std::make_unique<GzipDecoder>();
}

}  // namespace nacre::archive
