// Sending blobs. Source: OCI distribution-spec 1.1, "Push".
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "archive/byte_stream.h"
#include "oci/digest.h"

namespace nacre::registry {

// The bytes of an upload, which may have to be read again from anywhere after a cut. One thread at a time.
class UploadBody {
 public:
  virtual ~UploadBody() = default;
  // From `offset` on; does not outlive the body.
  virtual std::unique_ptr<archive::ByteSource> from(std::uint64_t offset) = 0;
  // Nothing as long as the end is not known: the bytes are still being made.
  virtual std::optional<std::uint64_t> length() const = 0;
  // Of all of it; called once everything was sent.
  virtual oci::Digest digest() const = 0;
};

// How a blob came to be in the repository.
struct Upload {
  enum class How : std::uint8_t { was_there, mounted, sent } how = How::sent;
  std::string mounted_from;  // "library/alpine"
};

}  // namespace nacre::registry
