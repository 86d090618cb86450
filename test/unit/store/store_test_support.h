// What the tests of the store share: a store of its own per test, small images, and helpers to look at the disk.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temp.h"
#include "store/layer_ingest.h"
#include "store/store.h"

namespace nacre::store::test {

// Where tests work: in memory where that can be, because every one of them makes a store and syncs it many times.
fs::path scratch_parent();

// A layer with one file whose content is `content`; different content, different layer.
std::string make_tar(std::string_view content);
std::string gzip(std::string_view bytes);  // stored, not squeezed: valid, and the same everywhere

enum class Packing { plain, gzip };

// An image in memory, layers bottom first.
struct TestImage {
  std::vector<std::string> tars;   // uncompressed
  std::vector<std::string> blobs;  // as the manifest refers to them
  std::string config;
  std::string manifest;

  oci::Digest id() const { return oci::Digest::of(config); }
  oci::Manifest parsed_manifest() const { return oci::Manifest::parse(manifest); }
  std::vector<oci::DiffId> diff_ids() const;
};

TestImage make_image(std::string_view name, const std::vector<std::string>& layer_contents,
                     Packing packing = Packing::gzip);

struct LoadOptions {
  std::vector<std::string> names = {};
  std::optional<oci::Digest> parent = {};
  const oci::Index* index = nullptr;
};

// Loads an image the way the image room does: what is there is held, what is not is ingested.
ImageRecord load(Store& store, const TestImage& image, const LoadOptions& options = {});
// Only the content, under the lease.
void load_content(Store& store, Lease& lease, const TestImage& image);

ContainerRecord make_container(std::string_view name, const oci::Digest& image);

// Every path below root except the database and the lock files, relative, sorted.
std::vector<std::string> files_below(const fs::path& root);

// Runs body in a child process that ends without destructors or exit handlers. Its status is 0 when body neither threw
// nor failed an expectation. No store may be open here: SQLite must not be carried across a fork.
pid_t start_child(const std::function<void()>& body);
int wait_for_child(pid_t child);  // its wait status

// Runs body as somebody else (nobody, when we are root); nothing when that cannot be arranged.
std::optional<int> run_as_nobody(const std::function<void()>& body);

inline std::string error_message(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.message();
  }
  return {};
}

inline std::optional<Code> error_code(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.code();
  }
  return std::nullopt;
}

class StoreTest : public testing::Test {
 protected:
  const fs::path& root() const { return root_; }
  Store open() const { return Store::open(root_); }

 private:
  TempDir directory_{scratch_parent(), "nacre-store-test-"};
  fs::path root_ = directory_.path() / "root";
};

}  // namespace nacre::store::test
