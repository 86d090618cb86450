// The picture of how far something is.
#pragma once

#include <cstdint>
#include <string>

namespace nacre::cli {

// docker's bar, "[=====>      ]  1.2MB/5.8MB", in at most so many columns: a shorter bar or none where there is little
// room. total 0: not known, and only the bytes done are shown.
std::string progress_bar(std::uint64_t done, std::uint64_t total, int columns);

}  // namespace nacre::cli
