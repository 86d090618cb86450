// The bytes of layers on their way to a registry. Internal to image/.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <thread>

#include "archive/block_compressor.h"
#include "base/guarded.h"
#include "base/temp.h"
#include "registry/upload.h"

namespace nacre::image {

// Told how far into the body a reader has come, and the body's length as far as it is known (0: not yet).
using BodyProgress = std::function<void(std::uint64_t, std::uint64_t)>;

// A blob that is here as it is to be sent.
class StoredBody : public registry::UploadBody {
 public:
  StoredBody(Fd file, oci::Digest digest, BodyProgress progress);
  std::unique_ptr<archive::ByteSource> from(std::uint64_t offset) override;
  std::optional<std::uint64_t> length() const override { return length_; }
  oci::Digest digest() const override { return digest_; }

 private:
  Fd file_;
  std::uint64_t length_;
  oci::Digest digest_;
  BodyProgress progress_;
};

// A tar that is compressed, on a thread of its own, into a file from which it is sent meanwhile.
class CompressedBody : public registry::UploadBody {
 public:
  // folder: where the file is made.
  CompressedBody(Fd tar, const fs::path& folder, const archive::CompressionChoice& choice, BodyProgress progress,
                 CancelToken cancel);
  ~CompressedBody() override;
  CompressedBody(const CompressedBody&) = delete;
  CompressedBody& operator=(const CompressedBody&) = delete;

  // Waits at the end of what there is until there is more.
  std::unique_ptr<archive::ByteSource> from(std::uint64_t offset) override;
  std::optional<std::uint64_t> length() const override;
  oci::Digest digest() const override;
  // The compressed file, synced. After digest().
  TempFile take_file();

 private:
  friend class GrowingSource;
  struct State {
    std::uint64_t written = 0;
    std::optional<oci::Digest> digest;  // once it has ended
    std::exception_ptr failure;
  };
  void compress_all(const archive::CompressionChoice& choice);
  // How much there is, once it is more than `known`, or all.
  std::uint64_t await_more(std::uint64_t known);

  Fd tar_;
  TempFile file_;
  BodyProgress progress_;
  CancelToken cancel_;
  CancelToken stop_;
  mutable Guarded<State> state_;
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace nacre::image
