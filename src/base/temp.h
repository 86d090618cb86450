// Temporary files and directories that vanish unless they are kept.
#pragma once

#include "base/fd.h"
#include "base/file.h"

namespace nacre {

// A directory with a unique name below `parent`, removed with its content on destruction unless release() was called.
class TempDir {
 public:
  TempDir(const fs::path& parent, std::string_view prefix);
  TempDir(TempDir&& other) noexcept;
  TempDir& operator=(TempDir&&) = delete;
  ~TempDir();

  const fs::path& path() const noexcept { return path_; }
  // The directory stays; the caller owns it now.
  fs::path release() noexcept;

 private:
  fs::path path_;
};

// A named file open for reading and writing below `parent`, unlinked on destruction unless it was moved into place.
class TempFile {
 public:
  TempFile(const fs::path& parent, std::string_view prefix, mode_t mode = 0644);
  // A file that is there already, open for reading and writing, taken over.
  TempFile(Fd file, fs::path path) : fd_(std::move(file)), path_(std::move(path)) {}
  TempFile(TempFile&& other) noexcept;
  TempFile& operator=(TempFile&&) = delete;
  ~TempFile();

  const Fd& fd() const noexcept { return fd_; }
  const fs::path& path() const noexcept { return path_; }

  // Syncs the file, renames it to `target` (same file system, replacing what is there) and syncs target's directory:
  // on return the name and the bytes survive a power cut.
  void commit(const fs::path& target);

 private:
  Fd fd_;
  fs::path path_;
};

}  // namespace nacre
