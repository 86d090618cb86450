// Files and directories of the host: every raw system call on them stands here, each throwing an Error that names the
// path. Descriptors are close-on-exec.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/bytes.h"
#include "base/fd.h"

namespace nacre {

namespace fs = std::filesystem;

// open(2); flags as there (O_CLOEXEC is added).
Fd open_file(const fs::path& path, int flags, mode_t mode = 0644);
// openat(2) relative to a directory.
Fd open_at(const Fd& directory, const fs::path& path, int flags, mode_t mode = 0644);
// Opens a path that an image or a container chose: every component, and every symlink met, is resolved as if root were
// the root directory, so no path leads out of it (openat2 with RESOLVE_IN_ROOT; no /proc magic links).
Fd open_in_root(const Fd& root, const fs::path& path, int flags, mode_t mode = 0);

// Reads until the buffer is full or the file ends; returns the bytes read.
std::size_t read_up_to(const Fd& file, MutableBytes buffer);
// The same at an offset, leaving the file position alone.
std::size_t read_up_to_at(const Fd& file, MutableBytes buffer, std::uint64_t offset);
// Fills the buffer; a file that ends before that is an Error (corrupt).
void read_exactly_at(const Fd& file, MutableBytes buffer, std::uint64_t offset);
void write_all(const Fd& file, Bytes bytes);
void write_all_at(const Fd& file, Bytes bytes, std::uint64_t offset);
// Copies length bytes from an offset of one file to the position of another, inside the kernel where it can (a reflink
// on file systems that have them). A source that ends early is an Error (corrupt).
void copy_range(const Fd& from, std::uint64_t offset, std::uint64_t length, const Fd& to);

// The whole file; more than max_size bytes is an Error (invalid_argument).
std::string read_file(const fs::path& path, std::uint64_t max_size);
std::uint64_t file_size(const Fd& file);
bool path_exists(const fs::path& path);  // does not follow a final symlink

// Makes the file's bytes durable, or a directory's entries.
void sync_file(const Fd& file);
void sync_directory(const fs::path& directory);

// mkdir with all parents; an existing directory is fine.
void make_directories(const fs::path& path, mode_t mode = 0755);
// rename(2): replaces an existing file.
void rename_path(const fs::path& from, const fs::path& to);
// rename that refuses to replace: returns false when `to` exists, and leaves `from` alone.
bool rename_new(const fs::path& from, const fs::path& to);
// Returns whether it was there.
bool remove_file(const fs::path& path);
// Removes a path and everything below it, never following a symlink; a path that is not there is fine. Returns the
// bytes that the file system gave back (st_blocks of what lost its last link).
std::uint64_t remove_tree(const fs::path& path);

// The names in a directory, sorted, without "." and "..".
std::vector<std::string> list_directory(const fs::path& path);

// Replaces a small file so that a crash leaves the old content or the new one; durable on return.
void write_file_atomically(const fs::path& path, std::string_view content, mode_t mode = 0644);

struct FreeSpace {
  std::uint64_t bytes;
  std::uint64_t inodes;
};
// What an unprivileged writer can still use in the file system that holds path.
FreeSpace free_space(const fs::path& path);

// A whole file mapped read-only for as long as this lives.
class MappedFile {
 public:
  explicit MappedFile(const Fd& file);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();
  Bytes bytes() const noexcept { return bytes_; }

 private:
  Bytes bytes_;
};

}  // namespace nacre
