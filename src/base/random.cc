#include "base/random.h"

#include <cerrno>
#include <vector>

#include <sys/random.h>

#include "base/error.h"

namespace nacre {

std::string random_hex(std::size_t bytes) {
  std::vector<unsigned char> raw(bytes);
  std::size_t done = 0;
  while (done < bytes) {
    const ssize_t n = ::getrandom(raw.data() + done, bytes - done, 0);
    if (n < 0 && errno != EINTR) {
      throw sys_error("read random bytes");
    }
    done += n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes);
  for (const unsigned char byte : raw) {
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

}  // namespace nacre
