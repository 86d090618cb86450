#include "base/file.h"

#include <algorithm>
#include <cstdio>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/temp.h"

namespace nacre {

namespace {

Fd checked(int number, std::string_view action, const fs::path& path) {
  if (number < 0) {
    throw sys_error(action, path.native());
  }
  return Fd(number);
}

[[noreturn]] void throw_ended_early(std::uint64_t offset) {
  throw Error(Code::corrupt, fmt::format("read: the file ends before byte {}", offset));
}

}  // namespace

Fd open_file(const fs::path& path, int flags, mode_t mode) {
  return checked(::open(path.c_str(), flags | O_CLOEXEC, mode), "open", path);
}

Fd open_at(const Fd& directory, const fs::path& path, int flags, mode_t mode) {
  return checked(::openat(directory.get(), path.c_str(), flags | O_CLOEXEC, mode), "open", path);
}

Fd open_in_root(const Fd& root, const fs::path& path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
  how.mode = mode;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  // The kernel asks for another try when a rename races with the walk.
  constexpr int max_tries = 64;
  long number = -1;
  for (int i = 0; i < max_tries; ++i) {
    number = ::syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how);
    if (number >= 0 || errno != EAGAIN) {
      break;
    }
  }
  return checked(static_cast<int>(number), "open", path);
}

std::size_t read_up_to(const Fd& file, MutableBytes buffer) {
  std::size_t done = 0;
  while (done < buffer.size()) {
    const ssize_t n = ::read(file.get(), buffer.data() + done, buffer.size() - done);
    if (n < 0) {
      if (errno == EINTR) {
        continue;
      }
      throw sys_error("read");
    }
    if (n == 0) {
      break;
    }
    done += static_cast<std::size_t>(n);
  }
  return done;
}

std::size_t read_up_to_at(const Fd& file, MutableBytes buffer, std::uint64_t offset) {
  std::size_t done = 0;
  while (done < buffer.size()) {
    const ssize_t n =
        ::pread(file.get(), buffer.data() + done, buffer.size() - done, static_cast<off_t>(offset + done));
    if (n < 0) {
      if (errno == EINTR) {
        continue;
      }
      throw sys_error("read");
    }
    if (n == 0) {
      break;
    }
    done += static_cast<std::size_t>(n);
  }
  return done;
}

void read_exactly_at(const Fd& file, MutableBytes buffer, std::uint64_t offset) {
  if (read_up_to_at(file, buffer, offset) != buffer.size()) {
    throw_ended_early(offset + buffer.size());
  }
}

void write_all(const Fd& file, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(file.get(), bytes.data(), bytes.size());
    if (n < 0) {
      if (errno == EINTR) {
        continue;
      }
      throw sys_error("write");
    }
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
}

void write_all_at(const Fd& file, Bytes bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0) {
      if (errno == EINTR) {
        continue;
      }
      throw sys_error("write");
    }
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
}

namespace {

// Where the kernel cannot copy by itself (different file systems, a pipe as the target).
void copy_through_memory(const Fd& from, std::uint64_t offset, std::uint64_t length, const Fd& to) {
  std::vector<std::byte> buffer(std::min<std::uint64_t>(length, 256 * 1024));
  while (length > 0) {
    const auto part = MutableBytes(buffer).first(std::min<std::uint64_t>(length, buffer.size()));
    read_exactly_at(from, part, offset);
    write_all(to, part);
    offset += part.size();
    length -= part.size();
  }
}

}  // namespace

void copy_range(const Fd& from, std::uint64_t offset, std::uint64_t length, const Fd& to) {
  constexpr std::uint64_t step = 64 * 1024 * 1024;
  while (length > 0) {
    auto in = static_cast<off64_t>(offset);
    const ssize_t n = ::copy_file_range(from.get(), &in, to.get(), nullptr, std::min(length, step), 0);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EIO || errno == EFBIG)) {
      throw sys_error("copy");
    }
    if (n < 0) {
      copy_through_memory(from, offset, length, to);
      return;
    }
    if (n == 0) {
      throw_ended_early(offset + length);
    }
    offset += static_cast<std::uint64_t>(n);
    length -= static_cast<std::uint64_t>(n);
  }
}

std::string read_file(const fs::path& path, std::uint64_t max_size) {
  const Fd file = open_file(path, O_RDONLY);
  std::string content;
  constexpr std::size_t step = 64 * 1024;
  while (true) {
    const std::size_t before = content.size();
    content.resize(before + step);
    const std::size_t n = read_up_to(file, MutableBytes(reinterpret_cast<std::byte*>(content.data()) + before, step));
    content.resize(before + n);
    if (content.size() > max_size) {
      throw Error(Code::invalid_argument,
                  fmt::format("read '{}': larger than the {} bytes allowed here", path.native(), max_size));
    }
    if (n < step) {
      return content;
    }
  }
}

std::uint64_t file_size(const Fd& file) {
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) {
    throw sys_error("stat");
  }
  return static_cast<std::uint64_t>(info.st_size);
}

bool path_exists(const fs::path& path) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) == 0) {
    return true;
  }
  if (errno == ENOENT || errno == ENOTDIR) {
    return false;
  }
  throw sys_error("stat", path.native());
}

void sync_file(const Fd& file) {
  if (::fsync(file.get()) != 0) {
    throw sys_error("sync");
  }
}

void sync_directory(const fs::path& directory) {
  const Fd handle = open_file(directory, O_RDONLY | O_DIRECTORY);
  if (::fsync(handle.get()) != 0) {
    throw sys_error("sync", directory.native());
  }
}

void make_directories(const fs::path& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) == 0) {
    return;
  }
  if (errno == ENOENT && path.has_relative_path()) {
    make_directories(path.parent_path(), mode);
    if (::mkdir(path.c_str(), mode) == 0) {
      return;
    }
  }
  const int error_number = errno;
  if (error_number == EEXIST && fs::is_directory(path)) {
    return;
  }
  throw sys_error_from(error_number, "create directory", path.native());
}

void rename_path(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    throw sys_error("rename", from.native()).add_context(to.native());
  }
}

bool rename_new(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
    return true;
  }
  if (errno == EEXIST) {
    return false;
  }
  throw sys_error("rename", from.native()).add_context(to.native());
}

bool remove_file(const fs::path& path) {
  if (::unlink(path.c_str()) == 0) {
    return true;
  }
  if (errno == ENOENT) {
    return false;
  }
  throw sys_error("remove", path.native());
}

std::vector<std::string> list_directory(const fs::path& path) {
  std::error_code error;
  std::vector<std::string> names;
  for (auto it = fs::directory_iterator(path, error); !error && it != fs::directory_iterator(); it.increment(error)) {
    names.push_back(it->path().filename().native());
  }
  if (error) {
    throw sys_error_from(error.value(), "read directory", path.native());
  }
  std::ranges::sort(names);
  return names;
}

void write_file_atomically(const fs::path& path, std::string_view content, mode_t mode) {
  TempFile file(path.parent_path(), ".new-", mode);
  write_all(file.fd(), as_bytes(content));
  file.commit(path);
}

FreeSpace free_space(const fs::path& path) {
  struct statvfs info{};
  if (::statvfs(path.c_str(), &info) != 0) {
    throw sys_error("read free space of", path.native());
  }
  // Some file systems (btrfs) count no inodes at all: that is no shortage.
  const std::uint64_t inodes = info.f_files == 0 ? UINT64_MAX : info.f_favail;
  return {static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize, inodes};
}

MappedFile::MappedFile(const Fd& file) {
  const std::uint64_t size = file_size(file);
  if (size == 0) {
    return;
  }
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (address == MAP_FAILED) {
    throw sys_error("map file");
  }
  bytes_ = Bytes(static_cast<const std::byte*>(address), size);
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) {
    ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
  }
}

}  // namespace nacre
