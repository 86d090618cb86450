#include "image/compare.h"

#include <algorithm>
#include <array>

namespace nacre::image {

namespace {

// The bytes of a file of an image one buffer after another, holes as zeros.
class Content {
 public:
  Content(const ImageFiles& files, tree::InodeId inode) : runs_(files.runs(inode)) {}

  // Up to the size of the buffer; empty at the end.
  Bytes next(MutableBytes buffer) {
    while (run_ < runs_.size() && position_ == runs_[run_].length) {
      ++run_;
      position_ = 0;
    }
    if (run_ == runs_.size()) {
      return {};
    }
    const auto& run = runs_[run_];
    const auto part = buffer.first(std::min<std::uint64_t>(buffer.size(), run.length - position_));
    if (run.file == nullptr) {
      std::ranges::fill(part, std::byte{0});
    } else {
      read_exactly_at(*run.file, part, run.offset + position_);
    }
    position_ += part.size();
    return part;
  }

 private:
  std::vector<ImageFiles::Run> runs_;
  std::size_t run_ = 0;
  std::uint64_t position_ = 0;
};

bool same_bytes(Content a, Content b, const CancelToken& cancel) {
  constexpr std::size_t buffer_size = 128 * 1024;
  std::vector<std::byte> buffer_a(buffer_size);
  std::vector<std::byte> buffer_b(buffer_size);
  Bytes left_a;
  Bytes left_b;
  while (true) {
    cancel.check();
    left_a = left_a.empty() ? a.next(buffer_a) : left_a;
    left_b = left_b.empty() ? b.next(buffer_b) : left_b;
    const std::size_t n = std::min(left_a.size(), left_b.size());
    if (n == 0) {
      return left_a.empty() && left_b.empty();
    }
    if (!std::ranges::equal(left_a.first(n), left_b.first(n))) {
      return false;
    }
    left_a = left_a.subspan(n);
    left_b = left_b.subspan(n);
  }
}

}  // namespace

std::vector<tree::Change> compare_images(const ImageFiles& before, const ImageFiles& after, const CancelToken& cancel) {
  return tree::diff(before.tree(), after.tree(), [&](tree::InodeId in_before, tree::InodeId in_after) {
    const auto place = before.place(in_before);
    if (place && place == after.place(in_after)) {
      return true;
    }
    return same_bytes(Content(before, in_before), Content(after, in_after), cancel);
  });
}

}  // namespace nacre::image
