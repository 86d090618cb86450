#include "cli/version.h"

namespace nacre::cli {

std::string version_number() {
  return NACRE_VERSION;
}
std::string version_line() {
  return "nacre version " + version_number();
}

}  // namespace nacre::cli
