#include "base/secret.h"

#include <cstring>

namespace nacre {

void Secret::wipe(std::string& text) noexcept {
  ::explicit_bzero(text.data(), text.capacity());  // the compiler may not leave it out
  text.clear();
}

}  // namespace nacre
