// A deterministic tar writer: the same members give the same bytes on every machine.
#pragma once

#include "archive/byte_stream.h"
#include "archive/tar_member.h"

namespace nacre::archive {

// Writes ustar, with a PAX header for what ustar cannot hold (long paths, big numbers, sub-second times, xattrs,
// non-ASCII names), records sorted by key. Sparse members are written whole (holes as zeros are the caller's to write).
class TarWriter {
 public:
  explicit TarWriter(ByteSink& sink) : sink_(sink) {}

  // Starts a member; member.size bytes of data must follow through write() when it is a regular file.
  void add(const TarMember& member);
  void write(Bytes data);
  // The end-of-archive marker (two zero blocks). Data owed by the last member is an Error (internal).
  void finish();

  // A regular file with its content, in one call; member.size is not looked at.
  void add_file(const TarMember& member, std::string_view content);
  std::uint64_t position() const noexcept { return position_; }

 private:
  void check_nothing_owed() const;
  void pad();
  void put(Bytes bytes);

  ByteSink& sink_;
  std::uint64_t position_ = 0;
  std::uint64_t owed_ = 0;
};

}  // namespace nacre::archive
