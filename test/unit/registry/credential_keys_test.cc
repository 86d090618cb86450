#include "registry/credential_keys.h"

#include <gmock/gmock.h>

#include "registry/credentials.h"

namespace nacre::registry {
namespace {

using testing::ElementsAre;

TEST(CredentialKeys, HostsInEverySpelling) {
  for (const char* const key : {"q.io", "q.io/", "https://q.io", "http://q.io/", "https://q.io/v1/", "https://q.io/v2",
                                "q.io/v1/", "q.io/v2", "https://q.io//"}) {
    EXPECT_EQ(normal_key(key), "q.io") << key;
  }
  EXPECT_EQ(normal_key("http://localhost:5000/v2/"), "localhost:5000");
  EXPECT_EQ(normal_key("[::1]:5000"), "[::1]:5000");
}

TEST(CredentialKeys, DockerHubInEverySpelling) {
  for (const char* const key :
       {"docker.io", "https://index.docker.io/v1/", "index.docker.io", "index.docker.io/v1/", "https://docker.io",
        "http://index.docker.io/v2/", "registry-1.docker.io", "https://registry-1.docker.io/v2/"}) {
    EXPECT_EQ(normal_key(key), "docker.io") << key;
  }
  EXPECT_EQ(normal_key("index.docker.io/me/app"), "docker.io/me/app");
}

TEST(CredentialKeys, PathsStay) {
  EXPECT_EQ(normal_key("q.io/ns"), "q.io/ns");
  EXPECT_EQ(normal_key("q.io/ns/repo/"), "q.io/ns/repo");
  // Repositories that are called like an API: their login is not their neighbours'.
  EXPECT_EQ(normal_key("q.io/ns/v2"), "q.io/ns/v2");
  EXPECT_EQ(normal_key("q.io/v2/repo"), "q.io/v2/repo");
  EXPECT_EQ(normal_key("q.io/v12"), "q.io/v12");
}

TEST(CredentialKeys, OfAnAddressOnlyTheHostCounts) {
  EXPECT_EQ(normal_key("https://q.io/some/api"), "q.io");
}

TEST(CredentialKeys, StrangeOnesAreHarmless) {
  EXPECT_EQ(normal_key(""), "");
  EXPECT_EQ(normal_key("https://"), "");
  EXPECT_EQ(normal_key("///"), "");
  EXPECT_EQ(normal_key("notdocker.io"), "notdocker.io");
  EXPECT_EQ(normal_key("docker.io.evil.example"), "docker.io.evil.example");
}

TEST(CredentialKeys, NarrowestFirst) {
  EXPECT_THAT(keys_for("q.io", "a/b/c"), ElementsAre("q.io/a/b/c", "q.io/a/b", "q.io/a", "q.io"));
  EXPECT_THAT(keys_for("q.io", "a"), ElementsAre("q.io/a", "q.io"));
  EXPECT_THAT(keys_for("q.io", ""), ElementsAre("q.io"));
}

TEST(CredentialKeys, HelpersKnowThemUnderSeveral) {
  EXPECT_THAT(helper_keys("q.io"), ElementsAre("q.io", "https://q.io", "http://q.io"));
  EXPECT_THAT(helper_keys("docker.io"),
              ElementsAre("https://index.docker.io/v1/", "docker.io", "https://docker.io", "http://docker.io"));
}

TEST(CredentialKeys, DockersOwn) {
  EXPECT_EQ(credential_key("docker.io"), "https://index.docker.io/v1/");
  EXPECT_EQ(credential_key("q.io:5000"), "q.io:5000");
}

}  // namespace
}  // namespace nacre::registry
