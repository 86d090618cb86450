// The kernel as an oracle: its EROFS, its overlayfs, and directories put into words.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/temp.h"

namespace nacre::erofs {

// Gives this process a mount namespace of its own. Returns why that, or mounting EROFS from files, is not possible
// here.
std::optional<std::string> why_no_mounts();
// A tmpfs that the namespace has for directories of many files. (The kernel mounts no EROFS image that lies on one.)
fs::path scratch();

// A mount that ends with this object.
class TestMount {
 public:
  // An EROFS image whose devices are files.
  static TestMount erofs(const fs::path& image, const std::vector<fs::path>& devices, const fs::path& target);
  // A read-only overlay of at least two directories, bottom first.
  static TestMount overlay(const std::vector<fs::path>& layers, const fs::path& target);
  TestMount(TestMount&& other) noexcept : target_(std::move(other.target_)) { other.target_.clear(); }
  TestMount& operator=(TestMount&&) = delete;
  ~TestMount();

 private:
  explicit TestMount(fs::path target) : target_(std::move(target)) {}
  fs::path target_;
};

enum class LinkCounts { compare, ignore };

// Everything below a directory that a tar keeps, a line a file, in path order: type, mode, owner, time, size and digest
// of the content, target, device, xattrs, and which names are one file.
std::vector<std::string> inventory(const fs::path& root, LinkCounts link_counts = LinkCounts::compare);

// A new file with this content; no time is spent on making it durable.
void write_file(const fs::path& path, std::string_view content);

// Runs a program, which must succeed.
void run(const std::vector<std::string>& argv);

}  // namespace nacre::erofs
