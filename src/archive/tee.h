// Stages that watch a stream without changing it.
#pragma once

#include <cstdint>
#include <memory>

#include "archive/byte_stream.h"
#include "oci/digest.h"

namespace nacre::archive {

// Digests chunks on a thread of its own, so that hashing overlaps with whatever produces them. The queue holds a few
// chunks; add() waits when it is full.
//
// A sink given here gets every chunk in the same thread, after it was digested: while one core inflates, the other
// hashes and writes. It must outlive the hasher and be left alone until finish(). What it throws comes out of add() or
// finish().
class AsyncHasher {
 public:
  explicit AsyncHasher(oci::DigestAlgorithm algorithm = oci::DigestAlgorithm::sha256, ByteSink* sink = nullptr);
  // Without finish(): what is still queued is dropped.
  ~AsyncHasher();
  AsyncHasher(const AsyncHasher&) = delete;
  AsyncHasher& operator=(const AsyncHasher&) = delete;

  // Called from one thread; keeps the chunk's memory until it is digested.
  void add(Chunk chunk);
  // Waits for everything added, and ends the thread. Once.
  oci::Digest finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Passes a source on while feeding an AsyncHasher (and optionally a sink, written in the caller's thread).
class TeeSource : public ByteSource {
 public:
  TeeSource(ByteSource& source, AsyncHasher& hasher, ByteSink* sink = nullptr)
      : source_(source), hasher_(hasher), sink_(sink) {}
  Chunk next() override;
  std::uint64_t bytes_passed() const noexcept { return passed_; }

 private:
  ByteSource& source_;
  AsyncHasher& hasher_;
  ByteSink* sink_;
  std::uint64_t passed_ = 0;
};

}  // namespace nacre::archive
