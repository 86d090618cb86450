#include "archive/file_reader.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <optional>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/guarded.h"

namespace nacre::archive {

namespace {

constexpr std::size_t block_size = 1024 * 1024;
constexpr std::size_t alignment = 4096;  // of memory, offset and length: enough for every device in use
constexpr std::uint64_t direct_threshold = 4 * 1024 * 1024;
// A signal handler can set a cancel token but cannot wake a condition variable, so waits look at the token this often.
constexpr std::chrono::milliseconds cancel_poll_interval{50};

// Whether most of the file is in the page cache. Kernels before 6.5 cannot tell: then it is not.
bool is_cached(const Fd& file, std::uint64_t size) {
  constexpr long cachestat_number = 451;  // the same on every architecture; glibc has no name for it yet
  struct {
    std::uint64_t offset, length;
  } range{0, 0};  // length 0: to the end
  struct {
    std::uint64_t cached, dirty, writeback, evicted, recently_evicted;
  } pages{};
  if (::syscall(cachestat_number, file.get(), &range, &pages, 0) != 0) {
    return false;
  }
  return pages.cached >= size / static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) / 4 * 3;
}

// A second open file for the same file, so that its flags are ours alone; nothing where O_DIRECT is refused.
std::optional<Fd> reopen_direct(const Fd& file) {
  Fd direct(::open(("/proc/self/fd/" + std::to_string(file.get())).c_str(), O_RDONLY | O_CLOEXEC | O_DIRECT));
  return direct ? std::optional(std::move(direct)) : std::nullopt;
}

class ReadAheadSource : public ByteSource {
 public:
  ReadAheadSource(Fd direct, CancelToken cancel)
      : file_(std::move(direct)), cancel_(std::move(cancel)), pool_(buffers_per_source, block_size + alignment) {
    try {
      thread_ = std::thread([this] { work(); });
    } catch (const std::system_error& error) {
      throw sys_error_from(error.code().value(), "start a thread for reading");
    }
  }

  ~ReadAheadSource() override {
    stop_.request();
    thread_.join();
  }

  Chunk next() override {
    cancel_.check();
    auto state = state_.lock();
    while (state->queue.empty() && !state->ended) {
      cancel_.check();
      changed_.wait_for(state.lock(), cancel_poll_interval);
    }
    if (!state->queue.empty()) {
      Chunk chunk = std::move(state->queue.front());
      state->queue.pop_front();
      return chunk;
    }
    if (state->failure) {
      std::rethrow_exception(state->failure);
    }
    return {};
  }

 private:
  struct State {
    std::deque<Chunk> queue;  // bounded by the pool
    bool ended = false;
    std::exception_ptr failure;
  };

  void work() noexcept {
    std::exception_ptr failure;
    try {
      for (Chunk chunk = read_block(); !chunk.empty(); chunk = read_block()) {
        state_.lock()->queue.push_back(std::move(chunk));
        changed_.notify_one();
      }
    } catch (const Cancelled&) {
      // The source is being destroyed; nobody waits.
    } catch (...) {
      failure = std::current_exception();
    }
    auto state = state_.lock();
    state->failure = failure;
    state->ended = true;
    changed_.notify_one();
  }

  Chunk read_block() {
    auto buffer = pool_.acquire(stop_);
    stop_.check();
    void* start = buffer.get();
    std::size_t space = pool_.buffer_size();
    const MutableBytes block(static_cast<std::byte*>(std::align(alignment, block_size, start, space)), block_size);
    const std::size_t length = read_at(block);
    offset_ += length;
    return {std::move(buffer), block.first(length)};
  }

  std::size_t read_at(MutableBytes block) {
    try {
      return read_direct(block);
    } catch (const Error& error) {
      // Some file systems accept the flag and refuse the read.
      if (error.sys_errno() != EINVAL || ::fcntl(file_.get(), F_SETFL, 0) != 0) {
        throw;
      }
      return read_direct(block);
    }
  }

  // One call for the whole block. A short one ends the file: reading on from there would not be aligned.
  std::size_t read_direct(MutableBytes block) {
    for (;;) {
      const ssize_t length = ::pread(file_.get(), block.data(), block.size(), static_cast<off_t>(offset_));
      if (length >= 0) {
        return static_cast<std::size_t>(length);
      }
      if (errno != EINTR) {
        throw sys_error("read");
      }
    }
  }

  Fd file_;
  CancelToken cancel_;  // the consumer's
  CancelToken stop_;    // of the reading thread: the consumer went away
  BufferPool pool_;
  std::uint64_t offset_ = 0;  // the thread's own
  Guarded<State> state_;
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<ByteSource> read_ahead_source(const Fd& file, CancelToken cancel) {
  const std::uint64_t size = file_size(file);
  if (size >= direct_threshold && !is_cached(file, size)) {
    if (auto direct = reopen_direct(file)) {
      return std::make_unique<ReadAheadSource>(std::move(*direct), std::move(cancel));
    }
  }
  return file_source(file, 0, size, std::move(cancel));
}

}  // namespace nacre::archive
