#include "archive/file_writer.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <exception>
#include <thread>

#include <fcntl.h>
#include <sys/mman.h>

#include "base/error.h"
#include "base/file.h"
#include "base/guarded.h"

namespace nacre::archive {

namespace {

constexpr std::size_t block_size = 1024 * 1024;
constexpr std::size_t block_count = 4;
constexpr std::size_t alignment = 4096;  // of memory, offset and length: enough for every device in use
constexpr std::uint64_t direct_threshold = 4 * 1024 * 1024;

// Page-aligned memory for all blocks.
class AlignedMemory {
 public:
  AlignedMemory() {
    void* address =
        ::mmap(nullptr, block_size * block_count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (address == MAP_FAILED) {
      throw sys_error("allocate write buffers");
    }
    memory_ = static_cast<std::byte*>(address);
  }
  AlignedMemory(const AlignedMemory&) = delete;
  AlignedMemory& operator=(const AlignedMemory&) = delete;
  ~AlignedMemory() { ::munmap(memory_, block_size * block_count); }

  std::byte* block(std::size_t index) const { return memory_ + index * block_size; }

 private:
  std::byte* memory_;
};

enum class Caching { buffered, direct };

// Returns whether the file system took the change.
bool set_caching(const Fd& file, Caching caching) {
  const int flags = ::fcntl(file.get(), F_GETFL);
  const int wanted = caching == Caching::direct ? flags | O_DIRECT : flags & ~O_DIRECT;
  return flags >= 0 && ::fcntl(file.get(), F_SETFL, wanted) == 0;
}

}  // namespace

struct FileWriter::Impl {
  explicit Impl(const Fd& target) : file(target) {
    auto state = shared.lock();
    for (std::size_t i = 0; i < block_count; ++i) {
      state->free.push_back(memory.block(i));
    }
  }

  struct State {
    std::deque<std::byte*> free;
    std::deque<Bytes> full;
    bool ending = false;
    std::exception_ptr failure;
  };

  void write_blocks();
  void write_block(Bytes block);
  void push_current();
  std::byte* take_free();
  void stop();

  const Fd& file;
  AlignedMemory memory;
  Guarded<State> shared;
  std::condition_variable changed;
  std::thread thread;  // started with the first full block: small files need none

  std::byte* current = nullptr;  // being filled by the caller
  std::size_t filled = 0;
  std::uint64_t total = 0;

  std::uint64_t written = 0;  // the writing thread's own
  Caching caching = Caching::buffered;
  bool direct_refused = false;
};

FileWriter::FileWriter(const Fd& file) : impl_(std::make_unique<Impl>(file)) {}

FileWriter::~FileWriter() {
  impl_->stop();
}

void FileWriter::write(Bytes bytes) {
  Impl& impl = *impl_;
  impl.total += bytes.size();
  while (!bytes.empty()) {
    if (impl.current == nullptr) {
      impl.current = impl.take_free();
    }
    const std::size_t n = std::min(bytes.size(), block_size - impl.filled);
    std::memcpy(impl.current + impl.filled, bytes.data(), n);
    impl.filled += n;
    bytes = bytes.subspan(n);
    if (impl.filled == block_size) {
      impl.push_current();
    }
  }
}

std::uint64_t FileWriter::finish() {
  Impl& impl = *impl_;
  if (impl.thread.joinable()) {
    if (impl.filled > 0) {
      impl.push_current();
    }
    {
      auto state = impl.shared.lock();
      state->ending = true;
    }
    impl.changed.notify_all();
    impl.thread.join();
    auto state = impl.shared.lock();
    if (state->failure) {
      std::rethrow_exception(state->failure);
    }
  } else if (impl.filled > 0) {
    impl.write_block({impl.current, impl.filled});
  }
  return impl.total;
}

void FileWriter::Impl::push_current() {
  {
    auto state = shared.lock();
    state->full.emplace_back(current, filled);
  }
  changed.notify_all();
  current = nullptr;
  filled = 0;
  if (!thread.joinable()) {
    thread = std::thread([this] { write_blocks(); });
  }
}

std::byte* FileWriter::Impl::take_free() {
  auto state = shared.lock();
  changed.wait(state.lock(), [&] { return !state->free.empty() || state->failure; });
  if (state->failure) {
    std::rethrow_exception(state->failure);
  }
  std::byte* const block = state->free.front();
  state->free.pop_front();
  return block;
}

void FileWriter::Impl::write_blocks() {
  try {
    while (true) {
      Bytes block;
      {
        auto state = shared.lock();
        changed.wait(state.lock(), [&] { return state->ending || !state->full.empty(); });
        if (state->full.empty()) {
          break;
        }
        block = state->full.front();
        state->full.pop_front();
      }
      write_block(block);
      shared.lock()->free.push_back(const_cast<std::byte*>(block.data()));
      changed.notify_all();
    }
    set_caching(file, Caching::buffered);
  } catch (...) {
    shared.lock()->failure = std::current_exception();
    changed.notify_all();
  }
}

void FileWriter::Impl::write_block(Bytes block) {
  if (caching == Caching::buffered && written >= direct_threshold && !direct_refused) {
    direct_refused = !set_caching(file, Caching::direct);
    caching = direct_refused ? Caching::buffered : Caching::direct;
  }
  if (caching == Caching::direct && block.size() % alignment != 0) {  // the tail
    set_caching(file, Caching::buffered);
    caching = Caching::buffered;
  }
  try {
    write_all(file, block);
  } catch (const Error& error) {
    // Some file systems accept the flag and refuse the write; nothing of a refused block was written.
    if (caching != Caching::direct || error.sys_errno() != EINVAL) {
      throw;
    }
    set_caching(file, Caching::buffered);
    caching = Caching::buffered;
    direct_refused = true;
    write_all(file, block);
  }
  written += block.size();
}

void FileWriter::Impl::stop() {
  {
    auto state = shared.lock();
    state->full.clear();
    state->ending = true;
  }
  changed.notify_all();
  if (thread.joinable()) {
    thread.join();
  }
}

}  // namespace nacre::archive
