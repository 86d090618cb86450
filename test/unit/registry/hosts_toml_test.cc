// containerd's hosts.toml.
#include <gmock/gmock.h>

#include "test/unit/registry/hosts_test_support.h"

namespace nacre::registry {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST_F(HostsTest, HostsAreAskedInTheOrderOfTheFile) {
  write("certs.d/docker.io/hosts.toml", R"(
server = "https://upstream.lan"
[host."https://zulu.lan"]
  capabilities = ["pull", "Resolve"]
[host."http://alpha.lan:5000/base"]
  skip_verify = true
[host."https://bravo.lan/own/api"]
  override_path = true
  capabilities = ["pull", "push"]
[host."https://mike.lan/x/v2"]
[host."https://lima.lan"]
  override_path = true
[host."kilo.lan"]
)");
  EXPECT_THAT(places("docker.io", "a/b"),
              ElementsAre("https://zulu.lan/v2/a/b", "http://alpha.lan:5000/base/v2/a/b unverified",
                          "https://bravo.lan/own/api/a/b", "https://mike.lan/x/v2/a/b", "https://lima.lan/a/b",
                          "https://kilo.lan/v2/a/b", "https://upstream.lan/v2/a/b"));
  const auto found = endpoints("docker.io", "a/b");
  EXPECT_EQ(abilities(found[0]), "pull resolve ");
  EXPECT_EQ(abilities(found[1]), "pull resolve ");  // a mirror that does not say "push" gets none
  EXPECT_EQ(abilities(found[2]), "pull push ");
  EXPECT_EQ(abilities(found.back()), "pull resolve push ");
  EXPECT_EQ(found[0].domain_asked, "docker.io");
  EXPECT_EQ(found[0].credential_key, "zulu.lan");
  EXPECT_EQ(found.back().domain_asked, "");
  EXPECT_EQ(found.back().credential_key, "docker.io");
}

TEST_F(HostsTest, TheRegistryAmongItsHostsIsNoMirror) {
  write("certs.d/docker.io/hosts.toml", "[host.'https://registry-1.docker.io']\n[host.'https://m.lan']\n");
  const auto found = endpoints("docker.io");
  EXPECT_EQ(found[0].domain_asked, "");
  EXPECT_EQ(found[0].credential_key, "docker.io");
  EXPECT_EQ(found[1].domain_asked, "docker.io");
}

TEST_F(HostsTest, HostsHaveTrustOfTheirOwn) {
  write("certs.d/q.io/one.pem", "ONE");
  write("certs.d/q.io/sub/two.pem", "TWO");
  write("certs.d/q.io/registry.crt", "REGISTRY");
  write("certs.d/q.io/c.cert", "C");
  write("certs.d/q.io/c.key", "K");
  write("certs.d/q.io/hosts.toml", R"(
ca = "one.pem"
[host."https://a.lan"]
  ca = ["one.pem", "sub/two.pem"]
  client = "both.pem"
[host."https://b.lan"]
  client = ["first.pem", "second.pem"]
[host."https://c.lan"]
  client = [["c.pem", "/etc/k.pem"], ["d.pem", "e.pem"]]
[host."https://d.lan"]
  client = [["c.pem", ""]]
  ca = ")" + path("certs.d/q.io/one.pem").native() +
                                       R"("
[host."https://e.lan"]
  client = []
)");
  const auto found = endpoints("q.io");
  ASSERT_EQ(found.size(), 6U);
  const fs::path folder = path("certs.d/q.io");
  EXPECT_EQ(found[0].tls, (net::TlsSettings{"ONE\nTWO\n", folder / "both.pem", "", net::Verify::yes}));
  EXPECT_EQ(found[1].tls, (net::TlsSettings{"", folder / "first.pem", "", net::Verify::yes}));
  EXPECT_EQ(found[2].tls, (net::TlsSettings{"", folder / "c.pem", "/etc/k.pem", net::Verify::yes}));
  EXPECT_EQ(found[3].tls, (net::TlsSettings{"ONE\n", folder / "c.pem", "", net::Verify::yes}));
  EXPECT_EQ(found[4].tls, net::TlsSettings{});
  EXPECT_EQ(found[5].tls, (net::TlsSettings{"ONE\nREGISTRY\n", folder / "c.cert", folder / "c.key", net::Verify::yes}));
}

TEST_F(HostsTest, TheTopOfTheFileIsAboutTheServer) {
  write("certs.d/q.io/hosts.toml", R"(
capabilities = ["pull"]
skip_verify = true
client = "top.pem"
[header]
  x-top = "1"
[host."https://a.lan"]
)");
  const auto found = endpoints("q.io");
  EXPECT_THAT(places("q.io"), ElementsAre("https://a.lan/v2/ns/repo", "https://q.io/v2/ns/repo unverified"));
  EXPECT_EQ(abilities(found[1]), "pull ");
  EXPECT_EQ(found[1].tls.client_certificate, path("certs.d/q.io/top.pem"));
  EXPECT_THAT(found[1].headers, ElementsAre(Pair("x-top", "1")));
  EXPECT_THAT(found[0].headers, IsEmpty());
  EXPECT_EQ(found[0].tls, net::TlsSettings{});
}

TEST_F(HostsTest, AServerByAnotherNameIsTrustedAsTheRegistry) {
  write("certs.d/q.io/hosts.toml", "server = 'http://s.lan:5000/x'\noverride_path = true\n");
  write("certs.d/q.io/a.crt", "REGISTRY");
  write("more.d/s.lan:5000/a.crt", "SERVER");
  EXPECT_THAT(places("q.io"), ElementsAre("http://s.lan:5000/x/ns/repo"));
  EXPECT_EQ(endpoints("q.io")[0].tls.authorities, "REGISTRY\nSERVER\n");
}

TEST_F(HostsTest, WhatHostsTomlNamesIsNotMadeInsecureByOthers) {
  write("certs.d/q.io/hosts.toml", "server = 'https://q.io'\n[host.'https://localhost:5000']\n");
  write("config.toml", "insecure-registries = ['q.io']");
  EXPECT_THAT(places("q.io"), ElementsAre("https://localhost:5000/v2/ns/repo", "https://q.io/v2/ns/repo"));
  write("certs.d/q.io/hosts.toml", "[host.'https://m.lan']\n");
  EXPECT_THAT(places("q.io"), ElementsAre("https://m.lan/v2/ns/repo", "https://q.io/v2/ns/repo unverified",
                                          "http://q.io/v2/ns/repo unverified"));
}

TEST_F(HostsTest, HeadersAreSent) {
  write("certs.d/q.io/hosts.toml", R"(
[host."https://z.lan".header]
  x-two = ["2", "3"]
  X-One = "1"
)");
  EXPECT_THAT(endpoints("q.io")[0].headers, ElementsAre(Pair("x-two", "2"), Pair("x-two", "3"), Pair("X-One", "1")));
}

TEST_F(HostsTest, TheDefaultFolderIsAFallback) {
  write("certs.d/_default/hosts.toml", "server = 'https://cache.lan'\n");
  EXPECT_THAT(places("q.io"), ElementsAre("https://cache.lan/v2/ns/repo"));
  EXPECT_EQ(endpoints("q.io")[0].credential_key, "cache.lan");  // not to be shown every registry's login
  write("more.d/q.io/hosts.toml", "[host.'https://own.lan']\n");
  EXPECT_THAT(places("q.io"), ElementsAre("https://own.lan/v2/ns/repo", "https://q.io/v2/ns/repo"));
  write("certs.d/z.io/readme.txt", "");
  EXPECT_THAT(places("z.io"), ElementsAre("https://z.io/v2/ns/repo"));
}

TEST_F(HostsTest, FoldersOfHostsTomlMayBeSpeltInTwoWays) {
  write("certs.d/q.io_5000_/hosts.toml", "[host.'https://lines.lan']\n");
  EXPECT_EQ(places("q.io:5000")[0], "https://lines.lan/v2/ns/repo");
  write("certs.d/q.io:5000/hosts.toml", "[host.'https://colon.lan']\n");
  EXPECT_EQ(places("q.io:5000")[0], "https://colon.lan/v2/ns/repo");
}

TEST_F(HostsTest, UnknownKeysOfHostsTomlAreIgnored) {
  write("certs.d/q.io/hosts.toml", "new = 1979-05-27\n[host.'https://m.lan']\ndial_timeout = '1s'\n");
  EXPECT_THAT(places("q.io"), ElementsAre("https://m.lan/v2/ns/repo", "https://q.io/v2/ns/repo"));
}

TEST_F(HostsTest, ABrokenHostsTomlIsAnError) {
  const std::string client = "expected a file, a list of files, or a list of pairs of files";
  const std::string control = "a header's value has a line break or another control character";
  const std::string host = "[host.'https://m.lan']\n";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {host + "capabilities = ['fly']", "2: capabilities: 'fly' is none of pull, resolve and push"},
      {host + "capabilities = [1]", "2: capabilities: expected a list of strings"},
      {host + "ca = [1]", "2: ca: expected a list of strings"},
      {host + "client = 1", "2: client: " + client},
      {host + "client = [['a']]", "2: client: " + client},
      {host + "client = [['a', 1]]", "2: client: " + client},
      {host + "skip_verify = 'yes'", "2: skip_verify: expected true or false"},
      {host + "header = 1", "2: header: expected a table"},
      {host + "header = { a = 1 }", "2: a: expected a list of strings"},
      {host + "header = { a = \"1\\r\\nb: 2\" }", "2: a: " + control},
      {host + "header = { a = [\"1\", \"\\n\"] }", "2: a: " + control},
      {host + "header = { a = \"\\u0000\" }", "2: a: " + control},
      {host + "header = { 'a b' = '1' }", "2: a b: not the name of a header"},
      {host + "header = { \"a\\n\" = '1' }", "2: a\\x0a: not the name of a header"},
      {"[host]\n'https://m.lan' = 1", "2: https://m.lan: expected a table"},
      {"host = 1", "1: host: expected a table"},
      {"[host.'ftp://m.lan']",
       "1: host: 'ftp://m.lan' is not the address of a server; write [https://]HOST[:PORT][/PATH]"},
      {"server = 'https://u:p@s.lan'",
       "1: server: 'https://u:p@s.lan' is not the address of a server; write [https://]HOST[:PORT][/PATH]"},
      {"server = 1", "1: server: expected a string"},
  };
  for (const auto& [text, expected] : cases) {
    write("certs.d/q.io/hosts.toml", text);
    EXPECT_EQ(error_of("q.io"), "certs.d/q.io/hosts.toml:" + expected) << text;
  }
  write("certs.d/q.io/hosts.toml", "ca = 'none.pem'");
  EXPECT_EQ(error_of("q.io", Code::not_found),
            "certs.d/q.io/hosts.toml: ca: open 'certs.d/q.io/none.pem': no such file or directory");
}

}  // namespace
}  // namespace nacre::registry
