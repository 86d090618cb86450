#include "image/save_sink.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "archive/file_writer.h"
#include "base/error.h"

namespace nacre::image {

namespace {

constexpr int poll_milliseconds = 100;
// Linux gives a pipe 64 KiB; fewer, larger writes are cheaper.
constexpr int pipe_capacity = 1024 * 1024;

class FileSink : public ArchiveSink {
 public:
  explicit FileSink(const Fd& out) : writer_(out) {}
  void write(Bytes bytes) override { writer_.write(bytes); }
  void finish() override { writer_.finish(); }

 private:
  archive::FileWriter writer_;
};

class StreamSink : public ArchiveSink {
 public:
  StreamSink(const Fd& out, const CancelToken& cancel) : out_(out), cancel_(cancel) {
    struct stat info{};
    can_refuse_ = ::fstat(out.get(), &info) == 0 && (S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode));
    ::fcntl(out.get(), F_SETPIPE_SZ, pipe_capacity);  // a hint: fails for what is no pipe
  }

  void write(Bytes bytes) override {
    while (!bytes.empty()) {
      wait_until_writable();
      const ssize_t length = write_some(bytes);
      if (length >= 0) {
        bytes = bytes.subspan(static_cast<std::size_t>(length));
      } else if (errno != EINTR && errno != EAGAIN) {
        throw sys_error("write stream");
      }
    }
  }
  void finish() override {}

 private:
  void wait_until_writable() const {
    pollfd waited{.fd = out_.get(), .events = POLLOUT, .revents = 0};
    for (;;) {
      cancel_.check();
      const int ready = ::poll(&waited, 1, poll_milliseconds);
      if (ready > 0) {
        return;  // writable, or broken: write() tells
      }
      if (ready < 0 && errno != EINTR) {
        throw sys_error("wait for stream");
      }
    }
  }

  // As much as goes without waiting, where the kernel can do that for this kind of file (pipes since 6.4). The
  // descriptor is not made non-blocking for it: whoever shares it with us would find it so.
  ssize_t write_some(Bytes bytes) {
    iovec piece{const_cast<std::byte*>(bytes.data()), bytes.size()};
    if (can_refuse_) {
      const ssize_t length = ::pwritev2(out_.get(), &piece, 1, -1, RWF_NOWAIT);
      if (length >= 0 || errno != EOPNOTSUPP) {
        return length;
      }
      can_refuse_ = false;
    }
    return ::writev(out_.get(), &piece, 1);
  }

  const Fd& out_;
  const CancelToken& cancel_;
  bool can_refuse_ = false;
};

bool is_fresh_file(const Fd& out) {
  struct stat info{};
  const int flags = ::fcntl(out.get(), F_GETFL);
  return ::fstat(out.get(), &info) == 0 && S_ISREG(info.st_mode) && flags >= 0 && (flags & O_APPEND) == 0 &&
         ::lseek(out.get(), 0, SEEK_CUR) == 0;
}

}  // namespace

std::unique_ptr<ArchiveSink> archive_sink(const Fd& out, const CancelToken& cancel) {
  if (is_fresh_file(out)) {
    return std::make_unique<FileSink>(out);
  }
  return std::make_unique<StreamSink>(out, cancel);
}

}  // namespace nacre::image
