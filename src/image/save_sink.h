// Where an archive that is being saved flows to. Internal to image/.
#pragma once

#include <memory>

#include "archive/byte_stream.h"
#include "base/cancel.h"

namespace nacre::image {

class ArchiveSink : public archive::ByteSink {
 public:
  // Everything has reached the descriptor. Once.
  virtual void finish() = 0;
};

// For a descriptor that the caller keeps open: a regular file that is written from its beginning goes past the page
// cache; anything else gets each piece at once, and a reader that stopped reading does not keep the cancel token from
// being looked at.
std::unique_ptr<ArchiveSink> archive_sink(const Fd& out, const CancelToken& cancel);

}  // namespace nacre::image
