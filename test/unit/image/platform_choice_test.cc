#include "image/platform_choice.h"

#include <fmt/format.h>

#include "image_test_support.h"

namespace nacre::image {
namespace {

using oci::Platform;
using test::error_of;

TEST(PlatformChoice, WithoutAWishEverythingIsTaken) {
  PlatformChoice choice(std::nullopt);
  EXPECT_TRUE(choice.takes(Platform::parse("linux/s390x")));
  EXPECT_TRUE(choice.takes(Platform{}));
  EXPECT_NO_THROW(PlatformChoice(std::nullopt).require_any());
}

TEST(PlatformChoice, WhatServesThePlatformIsTaken) {
  PlatformChoice choice(Platform::parse("linux/arm/v7"));
  EXPECT_FALSE(choice.takes(Platform::parse("linux/amd64")));
  EXPECT_TRUE(error_of([&] { choice.require_any(); }).has_value());
  EXPECT_TRUE(choice.takes(Platform::parse("linux/arm/v6")));
  EXPECT_NO_THROW(choice.require_any());
}

TEST(PlatformChoice, WhatThereIsInsteadIsToldOnceAndNotForEver) {
  PlatformChoice choice(Platform::parse("linux/s390x"));
  EXPECT_EQ(error_of([&] { choice.require_any(); })->message(),
            "the archive has no image for linux/s390x; it has none at all");
  choice.takes(Platform::parse("linux/arm64"));
  choice.takes(Platform::parse("linux/arm64"));
  choice.takes(Platform::parse("linux/amd64"));
  EXPECT_EQ(error_of([&] { choice.require_any(); })->message(),
            "the archive has no image for linux/s390x; it has linux/amd64, linux/arm64");
  for (int i = 0; i < 100'000; ++i) {
    choice.takes({.os = fmt::format("z{}", i), .architecture = "x"});
  }
  const auto error = error_of([&] { choice.require_any(); });
  EXPECT_EQ(error->code(), Code::not_found);
  EXPECT_TRUE(error->message().ends_with(", 99982 more")) << error->message();
}

}  // namespace
}  // namespace nacre::image
