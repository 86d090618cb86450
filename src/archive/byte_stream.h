// Streams of bytes that are passed on without copying.
//
// A stream is pulled: each stage asks the one before it for its next chunk. Chunks share ownership of their memory, so
// a stage may hand one to another thread (a hasher, a writer) and go on; a BufferPool bounds how much is in flight,
// which keeps memory flat and slows a fast producer down to its consumers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/cancel.h"
#include "base/fd.h"

namespace nacre::archive {

inline constexpr std::size_t chunk_size = 256 * 1024;

// A run of bytes that stays valid as long as any copy of the chunk lives.
struct Chunk {
  std::shared_ptr<const void> owner;
  Bytes bytes;
  bool empty() const noexcept { return bytes.empty(); }
  Chunk part(std::size_t offset, std::size_t length) const { return {owner, bytes.subspan(offset, length)}; }
};

// One consumer, one thread.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // The next bytes; an empty chunk means the end, then and ever after. Throws Error.
  virtual Chunk next() = 0;
  // Drops up to `length` of the bytes that next() would return, where that is cheaper than reading them (a file that
  // can seek). Returns how many were dropped; the default drops none.
  virtual std::uint64_t skip(std::uint64_t length);
};

class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual void write(Bytes bytes) = 0;
};

// A fixed number of buffers, made when first needed and used again and again: fresh memory costs page faults, which are
// dear on a virtual machine, and the buffer returned last is still in the cache. Thread-safe; chunks may outlive the
// pool.
//
// The sources below and decompress() hand out at most buffers_per_source chunks at a time: a consumer that keeps more
// of them than that waits for itself for ever.
inline constexpr std::size_t buffers_per_source = 16;

class BufferPool {
 public:
  explicit BufferPool(std::size_t buffers, std::size_t buffer_size = chunk_size);

  // A buffer nobody else has; waits until one is free. (Cancelled while waiting: throws Cancelled.)
  std::shared_ptr<std::byte[]> acquire(const CancelToken& cancel = {});
  std::size_t buffer_size() const noexcept;
  // The first `length` bytes of a buffer as a chunk; it returns to the pool when the last copy dies.
  static Chunk chunk(std::shared_ptr<std::byte[]> buffer, std::size_t length);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Bytes in memory; the text is owned by the source and its chunks.
std::unique_ptr<ByteSource> memory_source(std::string text);

// A file from `offset` on, `length` bytes of it (or to its end). Reads with pread, so several sources may share one
// descriptor; the caller keeps it open. Regular files skip without reading.
std::unique_ptr<ByteSource> file_source(const Fd& file, std::uint64_t offset = 0, std::uint64_t length = UINT64_MAX,
                                        CancelToken cancel = {});
// A pipe, socket or terminal, read to its end.
std::unique_ptr<ByteSource> stream_source(const Fd& stream, CancelToken cancel = {});

// A sink that writes to a descriptor the caller keeps open.
std::unique_ptr<ByteSink> fd_sink(const Fd& file);

// A cursor over a ByteSource for parsers: small reads are copied, large ones pass as chunks.
class ChunkReader {
 public:
  explicit ChunkReader(ByteSource& source) : source_(source) {}

  // Fills the buffer or stops at the end; returns the bytes read.
  std::size_t read(MutableBytes buffer);
  // Up to `max` bytes without copying; empty at the end.
  Chunk take(std::size_t max);
  // Passes over `length` bytes; returns how many there were.
  std::uint64_t skip(std::uint64_t length);
  // How many bytes were consumed since the beginning.
  std::uint64_t position() const noexcept { return position_; }

 private:
  bool refill();  // whether there is anything left
  void drop(std::size_t length);

  ByteSource& source_;
  Chunk current_;
  std::uint64_t position_ = 0;
};

// Reads a source to its end, at most max_size bytes (more is an Error, corrupt).
std::string read_all(ByteSource& source, std::uint64_t max_size);

}  // namespace nacre::archive
