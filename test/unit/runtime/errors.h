// The message of the Error that body throws.
#pragma once

#include <functional>
#include <string>

#include "base/error.h"

namespace nacre::runtime::test {

inline std::string error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

}  // namespace nacre::runtime::test
