// The picture of how far something is.
#pragma once

#include <cstdint>
#include <string>

namespace nacre::cli {

// docker's bar, "[=====>      ]  1.2MB/5.8MB", and "  340kB/s 14s" after it where there is a rate, in at most so many
// columns: a shorter bar or none, and no rate, where there is little room. total 0: not known, and only the bytes done
// are shown. rate: bytes per second; 0: not known.
std::string progress_bar(std::uint64_t done, std::uint64_t total, double rate, int columns);

}  // namespace nacre::cli
