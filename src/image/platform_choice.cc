#include "image/platform_choice.h"

#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "oci/shown.h"

namespace nacre::image {

bool PlatformChoice::takes(const oci::Platform& offered) {
  if (wanted_ && !oci::platform_distance(*wanted_, offered)) {
    passed_over_.insert(oci::shown(offered.str()));
    return false;
  }
  taken_ = true;
  return true;
}

void PlatformChoice::require_any() const {
  if (!wanted_ || taken_) {
    return;
  }
  constexpr std::size_t max_listed = 20;
  std::vector<std::string> listed;
  for (const auto& platform : passed_over_) {
    if (listed.size() == max_listed) {
      listed.push_back(fmt::format("{} more", passed_over_.size() - max_listed));
      break;
    }
    listed.push_back(platform);
  }
  throw Error(Code::not_found,
              fmt::format("the archive has no image for {}; it has {}", wanted_->str(),
                          listed.empty() ? "none at all" : fmt::format("{}", fmt::join(listed, ", "))));
}

}  // namespace nacre::image
