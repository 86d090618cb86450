// What a call throws, for assertions on code and message.
#pragma once

#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"

namespace nacre::oci {

// "corrupt: message" (or invalid, unsupported, other); "" and a failure recorded when nothing is thrown.
inline std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    const Code code = error.code();
    const char* name = code == Code::invalid_argument ? "invalid"
                       : code == Code::corrupt        ? "corrupt"
                       : code == Code::unsupported    ? "unsupported"
                                                      : "other";
    return std::string(name) + ": " + error.message();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

}  // namespace nacre::oci
