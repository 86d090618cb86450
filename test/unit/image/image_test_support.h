// What the tests of this room share: a store of its own per test, tars in any compression, small images, archives
// looked into.
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
#include "oci/image_config.h"
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

// Members to make a tar of. Each can be changed before it goes in: its owner, its time, its extended attributes.
Member directory_member(std::string path, std::uint32_t mode = 0755);
Member file_member(std::string path, std::string data, std::uint32_t mode = 0644);
Member link_member(std::string path, archive::MemberType type, std::string target);
std::string tar_of(const std::vector<Member>& members);

// The Error that a body throws; nothing when it throws none.
std::optional<Error> error_of(const std::function<void()>& body);

// A name as a user types it, with the tag latest where there is none.
oci::Reference name(std::string_view text);

// An image to be put into a store. What is left out is not there: no layers, no names, no history, no date.
struct TestImage {
  std::vector<std::string> tars = {};  // of the layers, bottom first
  std::vector<std::string> names = {};
  oci::ImageConfig::Fields config = {};  // diff IDs are filled in from the tars, the platform from this host
  std::optional<oci::Digest> parent = {};
};

// An image without layers, made so many seconds after 1970.
TestImage created_at(std::int64_t seconds, std::vector<std::string> names = {});

class ImageTest : public testing::Test {
 protected:
  const fs::path& directory() const { return directory_.path(); }
  store::Store& store() { return store_; }

  // Makes an image of a tar, and gives it a name unless that is "".
  oci::Digest import(std::string_view tar, const std::string& name, ImportOptions options = {});
  // Puts an image into the store as a load does. Returns its ID.
  oci::Digest put(const TestImage& image);
  // One index of several images that are here, and the names of it. The last image is the one the names stand for.
  oci::Index put_index(const std::vector<oci::Digest>& images, const std::vector<std::string>& names);
  store::ImageRecord record(const oci::Digest& id) const { return store_.find_image(id).value(); }
  // The record of a container of an image; state: "created", "running", "exited".
  store::ContainerRecord put_container(const oci::Digest& image, const std::string& state);
  // Loads an archive into a store of its own.
  store::Store load_elsewhere(const fs::path& archive);

 private:
  TempDir directory_{fs::exists("/dev/shm") ? "/dev/shm" : fs::temp_directory_path(), "nacre-image-test-"};
  store::Store store_{store::Store::open(directory_.path() / "root")};
  int other_stores_ = 0;
};

}  // namespace nacre::image::test
