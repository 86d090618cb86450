// Compares bytes as they are made with a file that should have them. Internal to store/.
#pragma once

#include <vector>

#include "archive/byte_stream.h"
#include "base/file.h"

namespace nacre::store {

class CompareSink : public archive::ByteSink {
 public:
  explicit CompareSink(const fs::path& path);
  void write(Bytes bytes) override;
  // Whether the file has exactly the bytes that were written.
  bool same() const;

 private:
  Fd file_;
  std::vector<std::byte> buffer_;
  std::uint64_t offset_ = 0;
  bool same_ = true;
};

}  // namespace nacre::store
