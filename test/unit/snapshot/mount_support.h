// What the mount tests share.
#pragma once

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/temp.h"
#include "snapshot/snapshotter.h"

namespace nacre::snapshot::test {

// Whether this process may mount; its mounts are invisible to the host then.
bool can_mount();

// Everything below a directory: path -> "type mode uid:gid mtime content or target or device, xattrs". Hard links show
// as the first of their names.
std::map<std::string, std::string> describe(const fs::path& root);

// A test with a directory of its own, skipped where nothing can be mounted.
class MountTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!can_mount()) {
      GTEST_SKIP() << "mounting needs root";
    }
  }
  fs::path path(const std::string& name) const { return directory_.path() / name; }
  fs::path make(const std::string& name) const {
    make_directories(path(name));
    return path(name);
  }
  void write(const fs::path& file, std::string_view content) const;

 private:
  // On the disk that stores live on: /tmp may be a tmpfs, which cannot carry EROFS images.
  TempDir directory_{"/var/tmp", "nacre-snapshot-test-"};
};

}  // namespace nacre::snapshot::test
