#include "image/push_body.h"

#include <chrono>

#include "base/file.h"
#include "oci/digest.h"

namespace nacre::image {

namespace {

constexpr auto cancel_interval = std::chrono::milliseconds(100);

class ReportingSource : public archive::ByteSource {
 public:
  ReportingSource(std::unique_ptr<archive::ByteSource> source, std::uint64_t offset, std::uint64_t length,
                  const BodyProgress& progress)
      : source_(std::move(source)), at_(offset), length_(length), progress_(progress) {}

  archive::Chunk next() override {
    archive::Chunk chunk = source_->next();
    at_ += chunk.bytes.size();
    progress_(at_, length_);
    return chunk;
  }

 private:
  std::unique_ptr<archive::ByteSource> source_;
  std::uint64_t at_;
  std::uint64_t length_;
  const BodyProgress& progress_;
};

}  // namespace

StoredBody::StoredBody(Fd file, oci::Digest digest, BodyProgress progress)
    : file_(std::move(file)), length_(file_size(file_)), digest_(std::move(digest)), progress_(std::move(progress)) {}

std::unique_ptr<archive::ByteSource> StoredBody::from(std::uint64_t offset) {
  return std::make_unique<ReportingSource>(archive::file_source(file_, offset), offset, length_, progress_);
}

class GrowingSource : public archive::ByteSource {
 public:
  GrowingSource(CompressedBody& body, std::uint64_t offset) : body_(body), at_(offset) {}

  archive::Chunk next() override {
    const std::uint64_t end = body_.await_more(at_);
    const std::uint64_t length = std::min<std::uint64_t>(end - std::min(at_, end), archive::chunk_size);
    const auto memory = std::make_shared_for_overwrite<std::byte[]>(length);
    read_exactly_at(body_.file_.fd(), {memory.get(), length}, at_);
    at_ += length;
    body_.progress_(at_, body_.length().value_or(0));
    return {memory, {memory.get(), length}};
  }

 private:
  CompressedBody& body_;
  std::uint64_t at_;
};

CompressedBody::CompressedBody(Fd tar, const fs::path& folder, const archive::CompressionChoice& choice,
                               BodyProgress progress, CancelToken cancel)
    : tar_(std::move(tar)), file_(folder, "push-"), progress_(std::move(progress)), cancel_(std::move(cancel)) {
  thread_ = std::thread([this, choice] { compress_all(choice); });
}

CompressedBody::~CompressedBody() {
  stop_.request();
  thread_.join();
}

void CompressedBody::compress_all(const archive::CompressionChoice& choice) {
  try {
    const auto tar = archive::file_source(tar_, 0, UINT64_MAX, stop_);
    const auto compressed = archive::compress(*tar, choice, stop_);
    oci::Hasher hasher;
    for (archive::Chunk chunk = compressed->next(); !chunk.empty(); chunk = compressed->next()) {
      write_all(file_.fd(), chunk.bytes);
      hasher.update(chunk.bytes);
      state_.lock()->written += chunk.bytes.size();
      changed_.notify_all();
    }
    state_.lock()->digest = hasher.finish();
  } catch (...) {
    state_.lock()->failure = std::current_exception();
  }
  changed_.notify_all();
}

std::uint64_t CompressedBody::await_more(std::uint64_t known) {
  auto state = state_.lock();
  while (state->written <= known && !state->digest && !state->failure) {
    cancel_.check();
    changed_.wait_for(state.lock(), cancel_interval);
  }
  if (state->failure) {
    std::rethrow_exception(state->failure);
  }
  return state->written;
}

std::unique_ptr<archive::ByteSource> CompressedBody::from(std::uint64_t offset) {
  return std::make_unique<GrowingSource>(*this, offset);
}

std::optional<std::uint64_t> CompressedBody::length() const {
  const auto state = state_.lock();
  return state->digest ? std::optional(state->written) : std::nullopt;
}

oci::Digest CompressedBody::digest() const {
  return state_.lock()->digest.value();
}

TempFile CompressedBody::take_file() {
  sync_file(file_.fd());
  return std::move(file_);
}

}  // namespace nacre::image
