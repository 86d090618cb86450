#include "cli/image_path.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace nacre::cli {
namespace {

std::pair<std::string, std::string> parse(std::string_view text, PathPart part = PathPart::required) {
  const auto parsed = parse_image_path(text, part);
  return {parsed.image, parsed.path};
}

using Pair = std::pair<std::string, std::string>;

TEST(ImagePath, ThePathBeginsAtTheFirstColonThatIsFollowedByASlash) {
  EXPECT_EQ(parse("alpine:/etc/passwd"), (Pair{"alpine", "/etc/passwd"}));
  EXPECT_EQ(parse("alpine:3.20:/etc"), (Pair{"alpine:3.20", "/etc"}));
  EXPECT_EQ(parse("localhost:5000/app:/x"), (Pair{"localhost:5000/app", "/x"}));
  EXPECT_EQ(parse("localhost:5000/app:1:/x"), (Pair{"localhost:5000/app:1", "/x"}));
  EXPECT_EQ(parse("a:/b:/c"), (Pair{"a", "/b:/c"}));
  EXPECT_EQ(parse("a:/"), (Pair{"a", "/"}));
  EXPECT_EQ(parse("a:/dir/."), (Pair{"a", "/dir/."}));
  const std::string digest = "app@sha256:" + std::string(64, '0');
  EXPECT_EQ(parse(digest + ":/x"), (Pair{digest, "/x"}));
}

TEST(ImagePath, ThePathMayBeLeftOutWhereItIsOptional) {
  EXPECT_EQ(parse("alpine", PathPart::optional), (Pair{"alpine", "/"}));
  EXPECT_EQ(parse("alpine:3.20", PathPart::optional), (Pair{"alpine:3.20", "/"}));
  EXPECT_EQ(parse("localhost:5000/app", PathPart::optional), (Pair{"localhost:5000/app", "/"}));
  EXPECT_EQ(parse("alpine:/etc", PathPart::optional), (Pair{"alpine", "/etc"}));
}

TEST(ImagePath, WhatIsNoneIsRefusedWithAnExample) {
  for (const char* wrong : {"alpine", "alpine:3.20", "alpine:etc", "/etc/passwd", ":/etc", "", "./a:/b", "../a:/b"}) {
    try {
      parse(wrong);
      FAIL() << wrong;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::invalid_argument);
      EXPECT_EQ(error.message(),
                "'" + std::string(wrong) + "': expected IMAGE:PATH with an absolute path, like alpine:/etc");
    }
  }
}

// `cp` has to tell its two sides apart; a host path that has ":/" in it can be written with "./".
TEST(ImagePath, HostPathsAreNone) {
  for (const char* path : {"file", "/abs/file", "./odd:/name", "../x:/y", "/odd:/name", "-", ".", ":/x", "C:file"}) {
    EXPECT_FALSE(is_image_path(path)) << path;
  }
  for (const char* path : {"a:/x", "alpine:3:/x", "reg.example:5000/a:/x"}) {
    EXPECT_TRUE(is_image_path(path)) << path;
  }
}

TEST(ParsePlatform, IsNothingWhenNotGiven) {
  EXPECT_EQ(parse_platform(std::nullopt), std::nullopt);
  EXPECT_EQ(parse_platform(""), std::nullopt);
  EXPECT_EQ(parse_platform("linux/aarch64")->str(), "linux/arm64");
  EXPECT_THROW(parse_platform("a/b/c/d"), Error);
}

}  // namespace
}  // namespace nacre::cli
