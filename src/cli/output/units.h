// Sizes and ages in words, as docker's tables have them.
#pragma once

#include <string>

#include "base/clock.h"

namespace nacre::cli {

// Powers of 1000 with so many significant digits (docker: three for images, four elsewhere): "5.58MB", "0B", "1.024kB".
std::string human_size(double bytes, int digits = 4);
// Powers of 1024: "512MiB".
std::string human_size_binary(double bytes);

// "2 weeks ago", "Less than a second ago".
std::string time_ago(const Timestamp& then, const Timestamp& now);

}  // namespace nacre::cli
