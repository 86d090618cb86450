#include "archive/tee.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/guarded.h"

namespace nacre::archive {

namespace {

// Enough to ride out a hiccup of either side, and few enough that the chunks are still in the cache when hashed.
constexpr std::size_t queue_capacity = 4;

enum class Queued { finish, drop };

}  // namespace

struct AsyncHasher::Impl {
  struct State {
    std::deque<Chunk> queue;
    bool closed = false;
    std::exception_ptr failure;
  };

  Impl(oci::DigestAlgorithm algorithm, ByteSink* written) : hasher(algorithm), sink(written) {}

  // The thread: until the queue is closed and empty, or something fails.
  void work() noexcept {
    try {
      for (std::optional<Chunk> chunk = take(); chunk; chunk = take()) {
        hasher.update(chunk->bytes);
        if (sink != nullptr) {
          sink->write(chunk->bytes);
        }
      }
    } catch (...) {
      auto handle = state.lock();
      handle->failure = std::current_exception();
      handle->queue.clear();
      changed.notify_all();
    }
  }

  std::optional<Chunk> take() {
    auto handle = state.lock();
    changed.wait(handle.lock(), [&] { return handle->closed || !handle->queue.empty(); });
    if (handle->queue.empty()) {
      return std::nullopt;
    }
    Chunk chunk = std::move(handle->queue.front());
    handle->queue.pop_front();
    changed.notify_all();
    return chunk;
  }

  void put(Chunk chunk) {
    auto handle = state.lock();
    changed.wait(handle.lock(), [&] { return handle->failure || handle->queue.size() < queue_capacity; });
    if (handle->failure) {
      std::rethrow_exception(handle->failure);
    }
    handle->queue.push_back(std::move(chunk));
    changed.notify_all();
  }

  void close(Queued queued) {
    {
      auto handle = state.lock();
      handle->closed = true;
      if (queued == Queued::drop) {
        handle->queue.clear();
      }
      changed.notify_all();
    }
    if (thread.joinable()) {
      thread.join();
    }
  }

  Guarded<State> state;
  std::condition_variable changed;
  oci::Hasher hasher;  // the thread's alone until it is joined
  ByteSink* sink;
  std::thread thread;
};

AsyncHasher::AsyncHasher(oci::DigestAlgorithm algorithm, ByteSink* sink)
    : impl_(std::make_unique<Impl>(algorithm, sink)) {
  try {
    impl_->thread = std::thread([impl = impl_.get()] { impl->work(); });
  } catch (const std::system_error& error) {
    throw sys_error_from(error.code().value(), "start a thread for hashing");
  }
}

AsyncHasher::~AsyncHasher() {
  impl_->close(Queued::drop);
}

void AsyncHasher::add(Chunk chunk) {
  if (!chunk.empty()) {
    impl_->put(std::move(chunk));
  }
}

oci::Digest AsyncHasher::finish() {
  impl_->close(Queued::finish);
  if (const std::exception_ptr failure = impl_->state.lock()->failure) {
    std::rethrow_exception(failure);
  }
  return impl_->hasher.finish();
}

Chunk TeeSource::next() {
  Chunk chunk = source_.next();
  if (!chunk.empty()) {
    passed_ += chunk.bytes.size();
    hasher_.add(chunk);
    if (sink_ != nullptr) {
      sink_->write(chunk.bytes);
    }
  }
  return chunk;
}

}  // namespace nacre::archive
