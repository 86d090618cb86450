#include "registry/base64.h"

#include <gtest/gtest.h>

namespace nacre::registry {
namespace {

// The vectors of RFC 4648, section 10.
TEST(Base64, StandardVectors) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(base64_encode(plain), encoded);
    EXPECT_EQ(base64_decode(encoded), plain);
  }
  EXPECT_EQ(base64_decode("Zg"), "f");
}

TEST(Base64, EveryByteComesBack) {
  std::string all;
  for (int i = 0; i < 256; ++i) {
    all += static_cast<char>(i);
  }
  EXPECT_EQ(base64_decode(base64_encode(all)), all);
}

TEST(Base64, WhatIsNoneIsNothing) {
  for (const char* const bad : {"Z", "Zm9v!", "Zm 9v", "Zm9v\n", "Zg==Zg"}) {
    EXPECT_EQ(base64_decode(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace nacre::registry
