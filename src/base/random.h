// Unpredictable bytes from the kernel.
#pragma once

#include <string>

namespace nacre {

// 2 * bytes lower-case hexadecimal digits.
std::string random_hex(std::size_t bytes);

}  // namespace nacre
