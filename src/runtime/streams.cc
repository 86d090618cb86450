#include "runtime/streams.h"

#include <array>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/error.h"

namespace nacre::runtime {

namespace {

struct Pipe {
  Fd read_end, write_end;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw sys_error("create pipe");
  }
  return {Fd(ends[0]), Fd(ends[1])};
}

// Whether the container can have a stream of ours as it is. A runtime changes the owner of its streams to the
// container's user.
bool can_be_passed(int stream, std::uint32_t container_uid) {
  struct stat status{};
  if (::fstat(stream, &status) != 0) {
    return false;
  }
  if (S_ISREG(status.st_mode)) {
    return status.st_uid == container_uid;
  }
  const bool is_null = S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3);
  return S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || is_null;
}

bool are_one(int stream, int other) {
  struct stat first{};
  struct stat second{};
  return ::fstat(stream, &first) == 0 && ::fstat(other, &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

}  // namespace

Streams::Streams(Stdin standard_input, std::uint32_t container_uid) {
  if (standard_input == Stdin::open) {
    input_ = STDIN_FILENO;
    if (!can_be_passed(STDIN_FILENO, container_uid)) {
      Pipe pipe = make_pipe();
      input_end_ = std::move(pipe.read_end);
      input_source_ = std::move(pipe.write_end);
      input_ = input_end_.get();
    }
  }
  Pipe error = make_pipe();
  error_end_ = std::move(error.write_end);
  error_drain_ = std::move(error.read_end);
  if (are_one(STDOUT_FILENO, STDERR_FILENO)) {
    output_ = error_end_.get();
  } else if (can_be_passed(STDOUT_FILENO, container_uid)) {
    output_ = STDOUT_FILENO;
  } else {
    Pipe output = make_pipe();
    output_end_ = std::move(output.write_end);
    output_drain_ = std::move(output.read_end);
    output_ = output_end_.get();
  }
}

OciRuntime::Streams Streams::for_container() const noexcept {
  return {input_, output_, error_end_.get()};
}

void Streams::begin() {
  input_end_.reset();
  output_end_.reset();
  error_end_.reset();
  if (input_source_) {
    input_relay_.emplace(STDIN_FILENO, std::move(input_source_));
  }
  if (output_drain_) {
    output_relay_.emplace(std::move(output_drain_), STDOUT_FILENO);
  }
  error_relay_.emplace(std::move(error_drain_), STDERR_FILENO);
}

void Streams::finish() {
  input_relay_.reset();
  output_relay_.reset();
  error_relay_.reset();
}

}  // namespace nacre::runtime
