#include "store/compare_sink.h"

#include <algorithm>

#include <fcntl.h>

namespace nacre::store {

CompareSink::CompareSink(const fs::path& path) : file_(open_file(path, O_RDONLY)) {}

void CompareSink::write(Bytes bytes) {
  constexpr std::size_t step = 64 * 1024;
  while (same_ && !bytes.empty()) {
    const Bytes part = bytes.first(std::min(step, bytes.size()));
    buffer_.resize(part.size());
    same_ = read_up_to_at(file_, buffer_, offset_) == part.size() && std::ranges::equal(buffer_, part);
    offset_ += part.size();
    bytes = bytes.subspan(part.size());
  }
}

bool CompareSink::same() const {
  return same_ && file_size(file_) == offset_;
}

}  // namespace nacre::store
