// What the tests of both archive formats share: a load into the test's own store, and an observer that remembers.
#pragma once

#include <fcntl.h>

#include "base/guarded.h"
#include "image/load.h"
#include "image/lookup.h"
#include "image_test_support.h"

namespace nacre::image::test {

// Remembers what it is told.
class RecordingObserver : public LoadObserver {
 public:
  void layer_progress(std::string_view layer, std::uint64_t done, std::uint64_t total) override {
    if (done > total && total > 0) {
      ADD_FAILURE() << layer << ": " << done << " of " << total;
    }
  }
  void layer_done(std::string_view layer) override { layers_.lock()->emplace_back(layer); }
  void name_moved(const MovedName& moved) override { moved_names.push_back(moved); }
  void image_loaded(const LoadedImage& image) override { images.push_back(image); }

  std::vector<std::string> layers() { return *layers_.lock(); }  // those that were brought in
  std::vector<MovedName> moved_names;
  std::vector<LoadedImage> images;

 private:
  Guarded<std::vector<std::string>> layers_;
};

// A config with the diff IDs of these tars and nothing else.
inline std::string config_of(const std::vector<std::string>& tars, std::string_view platform = "linux/amd64") {
  oci::ImageConfig::Fields fields;
  fields.platform = oci::Platform::parse(platform);
  for (const auto& tar : tars) {
    fields.diff_ids.push_back({oci::Digest::of(tar)});
  }
  return oci::ImageConfig::make(fields).raw();
}

inline const std::string base = make_tar({{"base", noise(100'000)}});
inline const std::string top = make_tar({{"top", "top"}});

class LoadTest : public ImageTest {
 protected:
  void load(std::string_view archive, const LoadOptions& options = {}) {
    spill(directory() / "in.tar", archive);
    load_archive(store(), open_file(directory() / "in.tar", O_RDONLY), options, observer_, {});
  }
  std::optional<Error> load_error(std::string_view archive, const LoadOptions& options = {}) {
    return error_of([&] { load(archive, options); });
  }
  std::optional<oci::Digest> id_of(std::string_view text) {
    const auto found = find(store(), text);
    return found ? std::optional(found->image.id) : std::nullopt;
  }
  void expect_nothing_left() {
    EXPECT_THAT(store().images(), testing::IsEmpty());
    store().collect();
    EXPECT_THAT(list_directory(store().layout().ingest()), testing::IsEmpty());
    EXPECT_EQ(store().disk_usage().tars, 0U);
  }

  RecordingObserver observer_;
};

}  // namespace nacre::image::test
