// A download as a stream. Internal to image/.
#pragma once

#include <memory>
#include <string>

#include "archive/byte_stream.h"

namespace nacre::image {

class Download : public archive::ByteSource {
 public:
  // What the server said there is; 0 when it did not, or nothing came in yet.
  virtual std::uint64_t total() const = 0;
};

// Fetches an http or https URL while it is read, a few hundred KiB ahead at most; what it redirects to is http or https
// too. Nothing is sent before the first next(). next() throws the Errors that import_url() describes.
std::unique_ptr<Download> open_download(const std::string& url, CancelToken cancel);

}  // namespace nacre::image
