// Which images of an archive a load takes, by platform. Internal to image/.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "oci/platform.h"

namespace nacre::image {

class PlatformChoice {
 public:
  // Nothing: every image is taken.
  explicit PlatformChoice(std::optional<oci::Platform> wanted) : wanted_(std::move(wanted)) {}

  // Whether an image made for `offered` is one of those asked for. Call it once for each image of the archive.
  bool takes(const oci::Platform& offered);
  // Throws Error (not_found) when a platform was asked for and no image was taken; names those that there are.
  void require_any() const;

 private:
  std::optional<oci::Platform> wanted_;
  std::set<std::string> passed_over_;  // fit for a message
  bool taken_ = false;
};

}  // namespace nacre::image
