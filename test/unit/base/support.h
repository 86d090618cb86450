// A directory of a test's own, gone with it.
#pragma once

#include <string>

#include "base/file.h"
#include "base/temp.h"

namespace nacre::testing {

class Scratch {
 public:
  Scratch() : directory_(fs::temp_directory_path(), "nacre-base-") {}
  fs::path operator/(const std::string& name) const { return directory_.path() / name; }
  const fs::path& path() const { return directory_.path(); }

 private:
  TempDir directory_;
};

inline void write_text(const fs::path& path, std::string_view text) {
  write_file_atomically(path, text);
}

}  // namespace nacre::testing
