// Writes a large file from a stream, on a thread of its own and past the page cache.
#pragma once

#include <memory>

#include "archive/byte_stream.h"

namespace nacre::archive {

// A layer's tar is written once, synced at once, and read much later if at all: sending it through the page cache costs
// memory and a copy, and the sync then waits for everything that was put off. So once a file is larger than a few MiB
// its bytes go out with O_DIRECT, where the file system has it, from a few aligned buffers, while the caller fills
// the next one. Small files, and the unaligned tail of large ones, are written as usual.
//
// The file is written from its current position, which must be 0. One thread calls write() and finish(); an error of
// the writing thread is thrown by the next call. The caller keeps the descriptor open until this is destroyed.
class FileWriter : public ByteSink {
 public:
  explicit FileWriter(const Fd& file);
  ~FileWriter() override;  // drops what was not written

  void write(Bytes bytes) override;
  // Everything is in the file (not yet durable: see sync_file). Returns the bytes written. Once.
  std::uint64_t finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace nacre::archive
