// What the tests of save and import share: a store of its own per test, tars in any compression, archives looked into.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive/compression.h"
#include "archive/tar_member.h"
#include "base/error.h"
#include "base/temp.h"
#include "image/import.h"
#include "store/store.h"

namespace nacre::image::test {

// A tar with these files: path and content.
std::string make_tar(const std::map<std::string, std::string>& files);
std::string compress(std::string_view bytes, archive::Compression compression);
// Bytes without a pattern, the same in every run.
std::string noise(std::size_t size, unsigned seed = 1);

std::string slurp(const fs::path& path);
void spill(const fs::path& path, std::string_view text);

// The members of a tar file, in order; data in memory.
struct Member {
  archive::TarMember header;
  std::string data;
};
std::vector<Member> read_members(const fs::path& tar);
std::string data_of(const std::vector<Member>& members, const std::string& path);

// The Error that a body throws; nothing when it throws none.
std::optional<Error> error_of(const std::function<void()>& body);

class ImageTest : public testing::Test {
 protected:
  const fs::path& directory() const { return directory_.path(); }
  store::Store& store() { return store_; }

  // Makes an image of a tar, and gives it a name unless that is "".
  oci::Digest import(std::string_view tar, const std::string& name, ImportOptions options = {});
  // Loads an archive into a store of its own.
  store::Store load_elsewhere(const fs::path& archive);

 private:
  TempDir directory_{fs::exists("/dev/shm") ? "/dev/shm" : fs::temp_directory_path(), "nacre-image-test-"};
  store::Store store_{store::Store::open(directory_.path() / "root")};
  int other_stores_ = 0;
};

}  // namespace nacre::image::test
