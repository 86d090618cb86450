// What this program is.
#pragma once

#include <string>

namespace nacre::cli {

std::string version_number();  // "0.1.0"
std::string version_line();    // "nacre version 0.1.0"

}  // namespace nacre::cli
