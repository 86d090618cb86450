#include <chrono>
#include <condition_variable>
#include <vector>

#include "archive/byte_stream.h"
#include "base/guarded.h"

namespace nacre::archive {

namespace {

// A signal handler can set a cancel token but cannot wake a condition variable, so waits look at the token this often.
constexpr std::chrono::milliseconds cancel_poll_interval{50};

}  // namespace

struct BufferPool::State {
  struct Buffers {
    std::vector<std::unique_ptr<std::byte[]>> idle;  // a stack: the warmest buffer goes out first
    std::size_t unmade = 0;
  };

  State(std::size_t buffers, std::size_t size) : buffer_size(size) {
    auto handle = free.lock();
    handle->idle.reserve(buffers);  // giving a buffer back must not throw
    handle->unmade = buffers;
  }

  void give_back(std::unique_ptr<std::byte[]> buffer) noexcept {
    free.lock()->idle.push_back(std::move(buffer));
    returned.notify_one();
  }

  const std::size_t buffer_size;
  Guarded<Buffers> free;
  std::condition_variable returned;
};

BufferPool::BufferPool(std::size_t buffers, std::size_t buffer_size)
    : state_(std::make_shared<State>(buffers, buffer_size)) {}

std::shared_ptr<std::byte[]> BufferPool::acquire(const CancelToken& cancel) {
  std::unique_ptr<std::byte[]> buffer;
  {
    auto free = state_->free.lock();
    while (free->idle.empty() && free->unmade == 0) {
      cancel.check();
      state_->returned.wait_for(free.lock(), cancel_poll_interval);
    }
    if (free->idle.empty()) {
      buffer = std::make_unique_for_overwrite<std::byte[]>(state_->buffer_size);
      --free->unmade;
    } else {
      buffer = std::move(free->idle.back());
      free->idle.pop_back();
    }
  }
  return {buffer.release(),
          [state = state_](std::byte* bytes) { state->give_back(std::unique_ptr<std::byte[]>(bytes)); }};
}

std::size_t BufferPool::buffer_size() const noexcept {
  return state_->buffer_size;
}

Chunk BufferPool::chunk(std::shared_ptr<std::byte[]> buffer, std::size_t length) {
  const Bytes bytes(buffer.get(), length);
  return {std::move(buffer), bytes};
}

}  // namespace nacre::archive
