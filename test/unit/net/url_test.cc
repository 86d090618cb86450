#include "net/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nacre::net {
namespace {

TEST(Url, OriginIsSchemeHostAndPort) {
  EXPECT_EQ(origin_of("https://Registry.example.com/v2/?x"), "https://registry.example.com:443");
  EXPECT_EQ(origin_of("http://host:5000"), "http://host:5000");
  EXPECT_EQ(origin_of("http://user:secret@host/path@x"), "http://host:80");
  EXPECT_EQ(origin_of("http://[::1]/"), "http://[::1]:80");
  EXPECT_EQ(origin_of("http://[::1]:81/"), "http://[::1]:81");
  for (const char* const none : {"", "host", "ftp://host", "http://", "http://:80", "/v2/", "http:///x", "a/b://c"}) {
    EXPECT_EQ(origin_of(none), std::nullopt) << none;
  }
}

// The examples of RFC 3986, 5.4.
TEST(Url, ReferencesAreResolvedAsTheStandardSays) {
  const std::string base = "http://a/b/c/d;p?q";
  EXPECT_EQ(resolve(base, "g:h"), "http://a/b/c/g:h");  // no scheme of ours
  EXPECT_EQ(resolve(base, "g"), "http://a/b/c/g");
  EXPECT_EQ(resolve(base, "./g"), "http://a/b/c/g");
  EXPECT_EQ(resolve(base, "g/"), "http://a/b/c/g/");
  EXPECT_EQ(resolve(base, "/g"), "http://a/g");
  EXPECT_EQ(resolve(base, "//g"), "http://g");
  EXPECT_EQ(resolve(base, "?y"), "http://a/b/c/d;p?y");
  EXPECT_EQ(resolve(base, "g?y"), "http://a/b/c/g?y");
  EXPECT_EQ(resolve(base, "#s"), "http://a/b/c/d;p?q");
  EXPECT_EQ(resolve(base, ""), "http://a/b/c/d;p?q");
  EXPECT_EQ(resolve(base, "."), "http://a/b/c/");
  EXPECT_EQ(resolve(base, ".."), "http://a/b/");
  EXPECT_EQ(resolve(base, "../g"), "http://a/b/g");
  EXPECT_EQ(resolve(base, "../../../g"), "http://a/g");
  EXPECT_EQ(resolve(base, "https://x/y"), "https://x/y");
  EXPECT_EQ(resolve("http://a", "/v2/"), "http://a/v2/");
}

TEST(Url, QueriesAreEscaped) {
  EXPECT_EQ(escape_query("repository:a/b:pull push~"), "repository%3Aa%2Fb%3Apull%20push~");
}

TEST(Url, PasswordsAreNotShown) {
  EXPECT_EQ(without_credentials("https://user:secret@host/a@b"), "https://host/a@b");
  EXPECT_EQ(without_credentials("https://host/a@b"), "https://host/a@b");
  EXPECT_EQ(without_credentials("https://u@p@h"), "https://h");
  EXPECT_EQ(shown_url("https://u:p@h/x\a?token=secret#x"), "https://h/x\\x07");
}

}  // namespace
}  // namespace nacre::net
