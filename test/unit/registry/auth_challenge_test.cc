#include "registry/auth_challenge.h"

#include <gmock/gmock.h>

namespace nacre::registry {
namespace {

TEST(AuthChallenge, OfDockerHub) {
  const auto all = parse_challenges(
      R"(Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/alpine:pull,push")");
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].scheme, "bearer");
  EXPECT_EQ(all[0].parameter("realm"), "https://auth.docker.io/token");
  EXPECT_EQ(all[0].parameter("service"), "registry.docker.io");
  EXPECT_EQ(all[0].parameter("scope"), "repository:library/alpine:pull,push");
  EXPECT_EQ(all[0].parameter("error"), "");
}

TEST(AuthChallenge, SeveralInOneHeader) {
  const auto all =
      parse_challenges(R"(Negotiate YII=, , Basic realm="a \"b\" \\ c" , charset = UTF-8,Bearer Realm=x, NTLM)");
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].scheme, "negotiate");
  EXPECT_EQ(all[1].parameter("realm"), R"(a "b" \ c)");
  EXPECT_EQ(all[1].parameter("charset"), "UTF-8");
  EXPECT_EQ(all[2].scheme, "bearer");
  EXPECT_EQ(all[2].parameter("realm"), "x");
  EXPECT_EQ(all[3].scheme, "ntlm");
}

TEST(AuthChallenge, TheFirstOfARepeatedNameCounts) {
  EXPECT_EQ(parse_challenges("Bearer realm=a,realm=b").at(0).parameter("realm"), "a");
}

TEST(AuthChallenge, ParametersMayBeFarApartAndEmpty) {
  const auto all = parse_challenges("bearer  realm = \"\" \t, , service=\"a,b=c\" ,, Basic realm=x");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].parameters.size(), 2U);
  EXPECT_EQ(all[0].parameter("realm"), "");
  EXPECT_EQ(all[0].parameter("service"), "a,b=c");
  EXPECT_EQ(all[1].scheme, "basic");
}

// As far as the grammar goes "realm=" is a word of its own, like the "YII=" of Negotiate.
TEST(AuthChallenge, ANameWithoutAValueIsNoParameter) {
  const auto all = parse_challenges("Bearer realm=, Basic realm=x");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_TRUE(all[0].parameters.empty());
  EXPECT_EQ(all[1].parameter("realm"), "x");
}

TEST(AuthChallenge, WhatIsMalformedEndsTheList) {
  for (const char* text : {"", " ,, ", "=", "\"", "Bearer realm=\"open", "Bearer realm=a;b", "Bearer \x01",
                           "Bearer ==", "Bearer realm=\"a\\"}) {
    EXPECT_THAT(parse_challenges(text), testing::IsEmpty()) << text;
  }
  EXPECT_THAT(parse_challenges("Basic realm=a, Bearer realm=\"open"), testing::SizeIs(1));
}

}  // namespace
}  // namespace nacre::registry
