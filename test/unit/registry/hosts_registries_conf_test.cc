// containers-registries.conf(5).
#include <gmock/gmock.h>

#include "test/unit/registry/hosts_test_support.h"

namespace nacre::registry {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

TEST_F(HostsTest, RegistriesConfRenamesAndMirrors) {
  write("registries.conf", R"(
unqualified-search-registries = ["q.io"]
short-name-mode = "enforcing"
[aliases]
  "alpine" = "q.io/alpine"
[[registry]]
prefix = "q.io/ns"
location = "internal.lan/deep"
mirror-by-digest-only = true
[[registry.mirror]]
location = "m1.lan/x/"
[[registry.mirror]]
location = "m2.lan:5000"
insecure = true
pull-from-mirror = "tag-only"
[[registry.mirror]]
location = "m3.lan"
pull-from-mirror = "all"
)");
  EXPECT_THAT(places("q.io", "ns/repo"),
              ElementsAre("https://m1.lan/v2/x/repo", "https://m2.lan:5000/v2/repo unverified",
                          "http://m2.lan:5000/v2/repo unverified", "https://m3.lan/v2/repo",
                          "https://internal.lan/v2/deep/repo"));
  const auto found = endpoints("q.io", "ns/repo");
  EXPECT_EQ(abilities(found[0]), "pull ");
  EXPECT_EQ(abilities(found[1]), "resolve ");
  EXPECT_EQ(abilities(found[2]), "resolve ");
  EXPECT_EQ(abilities(found[3]), "pull resolve ");
  EXPECT_EQ(abilities(found[4]), "pull resolve push ");
  EXPECT_EQ(found[0].credential_key, "m1.lan");
  EXPECT_EQ(found[0].domain_asked, "");
  EXPECT_EQ(found[4].credential_key, "internal.lan");
  EXPECT_THAT(places("q.io", "nsx/repo"), ElementsAre("https://q.io/v2/nsx/repo"));
}

TEST_F(HostsTest, MirrorsOfRegistriesConfMayBeByDigestOnly) {
  write("registries.conf", R"(
[[registry]]
location = "q.io"
[[registry.mirror]]
location = "m1.lan"
[[registry.mirror]]
location = "m2.lan"
pull-from-mirror = "digest-only"
)");
  EXPECT_EQ(abilities(endpoints("q.io")[0]), "pull resolve ");
  EXPECT_EQ(abilities(endpoints("q.io")[1]), "pull ");
  EXPECT_EQ(places("q.io")[0], "https://m1.lan/v2/ns/repo");
}

TEST_F(HostsTest, TheLongestPrefixCounts) {
  write("registries.conf", R"(
[[registry]]
prefix = "q.io/a/b"
location = "ab.lan/b"
[[registry]]
location = "q.io"
blocked = true
[[registry]]
prefix = "q.io/a"
location = "a.lan"
[[registry]]
prefix = "q.io/one"
location = "one.lan/whole/name"
)");
  EXPECT_THAT(places("q.io", "a/b/c"), ElementsAre("https://ab.lan/v2/b/c"));
  EXPECT_THAT(places("q.io", "a/c"), ElementsAre("https://a.lan/v2/c"));
  EXPECT_THAT(places("q.io", "one"), ElementsAre("https://one.lan/v2/whole/name"));
  EXPECT_EQ(error_of("q.io", Code::permission_denied), "q.io is blocked by registries.conf");
  EXPECT_THAT(places("q.io:5000", "a/c"), ElementsAre("https://q.io:5000/v2/a/c"));
}

TEST_F(HostsTest, APrefixMayStandForSubdomains) {
  write("registries.conf", R"(
[[registry]]
prefix = "*.deep.lan/ns"
location = "other.lan/x"
[[registry]]
prefix = "a.wild.lan"
location = "exact.lan"
[[registry]]
prefix = "*.wild.lan"
insecure = true
)");
  EXPECT_EQ(endpoints("b.wild.lan").size(), 2U);
  EXPECT_EQ(endpoints("c.b.wild.lan").size(), 2U);
  EXPECT_EQ(endpoints("wild.lan").size(), 1U);
  EXPECT_EQ(endpoints("notwild.lan").size(), 1U);
  EXPECT_EQ(endpoints("a.wild.lan.org").size(), 1U);
  EXPECT_THAT(places("a.wild.lan"), ElementsAre("https://exact.lan/v2/ns/repo"));
  EXPECT_THAT(places("a.deep.lan"), ElementsAre("https://other.lan/v2/x/repo"));
  EXPECT_THAT(places("a.deep.lan", "other/repo"), ElementsAre("https://a.deep.lan/v2/other/repo"));
}

TEST_F(HostsTest, ALocationMayBeInsecure) {
  write("registries.conf", "[[registry]]\nprefix = 'q.io'\nlocation = 'i.lan:5000'\ninsecure = true\n");
  EXPECT_THAT(places("q.io", "a"),
              ElementsAre("https://i.lan:5000/v2/a unverified", "http://i.lan:5000/v2/a unverified"));
  write("certs.d/i.lan:5000/a.crt", "LOCATION");
  write("certs.d/q.io/a.crt", "ANOTHER");
  EXPECT_EQ(endpoints("q.io")[0].tls.authorities, "LOCATION\n");
}

TEST_F(HostsTest, DockersRegistryMayBeALocation) {
  write("registries.conf", "[[registry]]\nprefix = 'q.io'\nlocation = 'docker.io/ns'\n");
  EXPECT_THAT(places("q.io", "a"), ElementsAre("https://registry-1.docker.io/v2/ns/a"));
  EXPECT_EQ(endpoints("q.io", "a")[0].credential_key, "docker.io");
}

TEST_F(HostsTest, DropInFilesHaveTheLastWord) {
  write("registries.conf", "[[registry]]\nprefix = 'q.io'\nlocation = 'main.lan'\n");
  EXPECT_THAT(places("q.io", "a"), ElementsAre("https://main.lan/v2/a"));
  write("registries.conf.d/20.conf", "[[registry]]\nprefix = 'q.io'\nlocation = 'twenty.lan'\n");
  write("registries.conf.d/10.conf", "[[registry]]\nprefix = 'q.io'\nlocation = 'ten.lan'\n");
  write("registries.conf.d/30.conf.bak", "[[registry]]\nprefix = 'q.io'\nlocation = 'backup.lan'\n");
  EXPECT_THAT(places("q.io", "a"), ElementsAre("https://twenty.lan/v2/a"));
  write("user.conf.d/00.conf", "[[registry]]\nprefix = 'q.io'\nlocation = 'user.lan'\n");
  EXPECT_THAT(places("q.io", "a"), ElementsAre("https://user.lan/v2/a"));
}

TEST_F(HostsTest, TheUsersRegistriesConfStandsForTheSystems) {
  write("registries.conf", "[[registry]]\nlocation = 'q.io'\nblocked = true\n");
  write("registries.conf.d/10.conf", "[[registry]]\nlocation = 'z.io'\ninsecure = true\n");
  write("user.conf", "");
  EXPECT_EQ(endpoints("q.io").size(), 1U);
  EXPECT_EQ(endpoints("z.io").size(), 2U);
}

TEST_F(HostsTest, TheOldRegistriesConfIsIgnored) {
  write("registries.conf", "[registries.search]\nregistries = ['q.io']\n[registries.block]\nregistries = ['q.io']\n");
  EXPECT_THAT(places("q.io"), ElementsAre("https://q.io/v2/ns/repo"));
}

TEST_F(HostsTest, TheRegistryAsSuchHasNoRepository) {
  write("registries.conf",
        "[[registry]]\nprefix = 'q.io'\nlocation = 'i.lan'\n[[registry.mirror]]\nlocation = 'm.lan/x'\n");
  EXPECT_THAT(places("q.io", ""), ElementsAre("https://m.lan/v2/x", "https://i.lan/v2/"));
}

TEST_F(HostsTest, ABrokenRegistriesConfIsAnError) {
  const std::string form = "is not the address of a server; write HOST[:PORT][/PATH]";
  const std::string registry = "[[registry]]\nlocation = 'q.io'\n";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"[[registry]]\ninsecure = true", "1: prefix: missing, and so is location"},
      {registry + "[[registry.mirror]]\ninsecure = true",
       "3: location: missing; write the mirror's HOST[:PORT][/PATH]"},
      {registry + "[[registry.mirror]]\nlocation = 'https://m.lan'", "4: location: 'https://m.lan' " + form},
      {registry + "[[registry.mirror]]\nlocation = 'u@m.lan'", "4: location: 'u@m.lan' " + form},
      {registry + "[[registry.mirror]]\nlocation = 'm.lan'\npull-from-mirror = 'x'",
       "5: pull-from-mirror: 'x' is none of all, digest-only and tag-only"},
      {registry + "insecure = 1", "3: insecure: expected true or false"},
      {registry + "mirror = 1", "3: mirror: expected tables, as [[mirror]] makes them"},
      {"[[registry]]\nprefix = 'q.io/ns/repo'\nlocation = 'm.lan'",
       "3: location: it stands for the repository q.io/ns/repo, but names none"},
      {"registry = 1", "1: registry: expected tables, as [[registry]] makes them"},
  };
  for (const auto& [text, expected] : cases) {
    write("registries.conf", text);
    EXPECT_EQ(error_of("q.io"), "registries.conf:" + expected) << text;
  }
  write("registries.conf.d/10.conf", "x");
  EXPECT_THAT(error_of("q.io"), StartsWith("registries.conf.d/10.conf:1: "));
}

}  // namespace
}  // namespace nacre::registry
