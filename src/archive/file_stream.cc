#include <algorithm>
#include <limits>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/byte_stream.h"
#include "base/error.h"
#include "base/file.h"

namespace nacre::archive {

namespace {

// How long a wait for a slow writer lasts before the cancel token is looked at.
constexpr int poll_milliseconds = 100;
// Linux gives a pipe 64 KiB; a whole chunk a system call is cheaper.
constexpr int pipe_capacity = 1024 * 1024;

class FileSource : public ByteSource {
 public:
  FileSource(const Fd& file, std::uint64_t offset, std::uint64_t length, CancelToken cancel)
      : file_(file), offset_(offset), pool_(buffers_per_source), cancel_(std::move(cancel)) {
    struct stat status{};
    if (::fstat(file.get(), &status) != 0) {
      throw sys_error("stat open file");
    }
    end_ = length > std::numeric_limits<std::uint64_t>::max() - offset ? std::numeric_limits<std::uint64_t>::max()
                                                                       : offset + length;
    // The size of anything but a regular file says nothing: a block device has 0.
    can_skip_ = S_ISREG(status.st_mode);
    if (can_skip_) {
      end_ = std::min(end_, static_cast<std::uint64_t>(status.st_size));
    }
    ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_SEQUENTIAL);  // a hint: doubles the read-ahead
  }

  Chunk next() override {
    cancel_.check();
    if (offset_ >= end_) {
      return {};
    }
    auto buffer = pool_.acquire(cancel_);
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(pool_.buffer_size(), end_ - offset_));
    const std::size_t length = read_up_to_at(file_, {buffer.get(), wanted}, offset_);
    offset_ += length;
    if (length < wanted) {
      end_ = offset_;
    }
    return BufferPool::chunk(std::move(buffer), length);
  }

  std::uint64_t skip(std::uint64_t length) override {
    if (!can_skip_ || offset_ >= end_) {
      return 0;
    }
    const std::uint64_t skipped = std::min(length, end_ - offset_);
    offset_ += skipped;
    return skipped;
  }

 private:
  const Fd& file_;
  std::uint64_t offset_;
  std::uint64_t end_ = 0;
  bool can_skip_ = false;
  BufferPool pool_;
  CancelToken cancel_;
};

class StreamSource : public ByteSource {
 public:
  StreamSource(const Fd& stream, CancelToken cancel)
      : stream_(stream), pool_(buffers_per_source), cancel_(std::move(cancel)) {
    ::fcntl(stream.get(), F_SETPIPE_SZ, pipe_capacity);  // a hint: fails for what is no pipe
  }

  Chunk next() override {
    if (ended_) {
      return {};
    }
    auto buffer = pool_.acquire(cancel_);
    for (;;) {
      wait_until_readable();
      const ssize_t length = ::read(stream_.get(), buffer.get(), pool_.buffer_size());
      if (length >= 0) {
        ended_ = length == 0;
        return BufferPool::chunk(std::move(buffer), static_cast<std::size_t>(length));
      }
      if (errno != EINTR && errno != EAGAIN) {
        throw sys_error("read stream");
      }
    }
  }

 private:
  void wait_until_readable() const {
    pollfd waited{.fd = stream_.get(), .events = POLLIN, .revents = 0};
    for (;;) {
      cancel_.check();
      const int ready = ::poll(&waited, 1, poll_milliseconds);
      if (ready > 0) {
        return;  // readable, hung up or broken: read() tells
      }
      if (ready < 0 && errno != EINTR) {
        throw sys_error("wait for stream");
      }
    }
  }

  const Fd& stream_;
  BufferPool pool_;
  CancelToken cancel_;
  bool ended_ = false;
};

class FdSink : public ByteSink {
 public:
  explicit FdSink(const Fd& file) : file_(file) {}
  void write(Bytes bytes) override { write_all(file_, bytes); }

 private:
  const Fd& file_;
};

}  // namespace

std::unique_ptr<ByteSource> file_source(const Fd& file, std::uint64_t offset, std::uint64_t length,
                                        CancelToken cancel) {
  return std::make_unique<FileSource>(file, offset, length, std::move(cancel));
}

std::unique_ptr<ByteSource> stream_source(const Fd& stream, CancelToken cancel) {
  return std::make_unique<StreamSource>(stream, std::move(cancel));
}

std::unique_ptr<ByteSink> fd_sink(const Fd& file) {
  return std::make_unique<FdSink>(file);
}

}  // namespace nacre::archive
