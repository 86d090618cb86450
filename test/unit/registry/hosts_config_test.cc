// nacre's config.toml and docker's daemon.json.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "test/unit/registry/hosts_test_support.h"

namespace nacre::registry {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

TEST_F(HostsTest, ConfigNamesMirrors) {
  write("config.toml", R"(
[[registry]]
name = "docker.io/ns"
mirrors = ["https://ns.lan"]
[[registry]]
name = "docker.io"
mirrors = ["https://mirror.lan", "HTTP://Other.lan:5000/Hub/", "https://third.lan/v2"]
)");
  EXPECT_THAT(places("docker.io", "library/alpine"),
              ElementsAre("https://mirror.lan/v2/library/alpine", "http://other.lan:5000/Hub/v2/library/alpine",
                          "https://third.lan/v2/library/alpine", "https://registry-1.docker.io/v2/library/alpine"));
  const std::string own = "https://registry-1.docker.io/v2/";
  EXPECT_THAT(places("docker.io", "ns/x"), ElementsAre("https://ns.lan/v2/ns/x", own + "ns/x"));
  EXPECT_THAT(places("docker.io", "ns"), ElementsAre("https://ns.lan/v2/ns", own + "ns"));
  EXPECT_EQ(places("docker.io", "nsx/x")[0], "https://mirror.lan/v2/nsx/x");
  EXPECT_THAT(places("docker.io.lan", "x"), ElementsAre("https://docker.io.lan/v2/x"));
  const auto found = endpoints("docker.io", "a");
  EXPECT_EQ(abilities(found[0]), "pull resolve ");
  EXPECT_EQ(abilities(found[3]), "pull resolve push ");
  EXPECT_EQ(found[1].credential_key, "other.lan:5000");
  EXPECT_EQ(found[0].domain_asked, "");
}

TEST_F(HostsTest, ConfigSaysHowLongToWait) {
  const net::ClientOptions usual;
  EXPECT_EQ(read_timeouts(files()).stall_timeout, usual.stall_timeout);
  write("config.toml", "stall-timeout = 7\n");
  write("system.toml", "stall-timeout = 8\nconnect-timeout = 9\n");
  EXPECT_EQ(read_timeouts(files()).stall_timeout, std::chrono::seconds(7));
  EXPECT_EQ(read_timeouts(files()).connect_timeout, std::chrono::seconds(9));
  for (const char* const value : {"0", "3601", "-1", "\"7\"", "7.5", "true", "[7]"}) {
    write("config.toml", fmt::format("\nstall-timeout = {}\n", value));
    try {
      read_timeouts(files());
      FAIL() << value;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::corrupt);
      EXPECT_THAT(error.message(), testing::HasSubstr("config.toml:2: stall-timeout: expected ")) << value;
    }
  }
}

TEST_F(HostsTest, ConfigNamesInsecureRegistries) {
  write("config.toml", R"(
insecure-registries = ["plain.lan:5000", "10.0.0.0/8", "fd00::/8", "172.16.8.0/21", "m.lan"]
[[registry]]
name = "q.io"
insecure = true
[[registry]]
name = "docker.io"
mirrors = ["https://m.lan", "http://10.0.0.1", "https://other.lan", "https://localhost:5000"]
)");
  for (const std::string host :
       {"plain.lan:5000", "PLAIN.lan:5000", "10.1.2.3:5000", "10.255.255.255", "[fd12::1]:80", "172.16.15.1", "q.io"}) {
    EXPECT_THAT(places(host),
                ElementsAre("https://" + host + "/v2/ns/repo unverified", "http://" + host + "/v2/ns/repo unverified"));
  }
  for (const std::string host : {"plain.lan", "plain.lan:5001", "11.1.2.3", "172.16.16.1", "[fe00::1]", "10.lan"}) {
    EXPECT_THAT(places(host), ElementsAre("https://" + host + "/v2/ns/repo"));
  }
  // A mirror's scheme is what it is.
  EXPECT_THAT(places("docker.io", "a"),
              ElementsAre("https://m.lan/v2/a unverified", "http://10.0.0.1/v2/a", "https://other.lan/v2/a",
                          "https://localhost:5000/v2/a unverified", "https://registry-1.docker.io/v2/a"));
}

TEST_F(HostsTest, OurOwnFileIsReadStrictly) {
  const std::string quoted = "write the registry or the part of it that is meant, as in \"docker.io/library\"";
  const std::string url = "is not the address of a server; write https://HOST[:PORT][/PATH]";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"\ninsecure-registry = []",
       "2: unknown key 'insecure-registry'; the nearest that is known is 'insecure-registries'"},
      {"[[registries]]\nname = 'q.io'", "1: unknown key 'registries'; the nearest that is known is 'registry'"},
      {"[[registry]]\nname = 'q.io'\nmirror = ['x']",
       "3: unknown key 'mirror'; the nearest that is known is 'mirrors'"},
      {"[[registry]]\nname = 'unasked.io'\nsecure = true",
       "3: unknown key 'secure'; the nearest that is known is 'insecure'"},
      {"'a\\u001b' = 1\n\"a\\u001b\" = 1", "2: unknown key 'a\\x1b'; the nearest that is known is 'registry'"},
      {"\n[[registry]]\nmirrors = []", "2: name: missing; " + quoted},
      {"[[registry]]\nname = 'https://q.io'", "2: name: 'https://q.io' is no registry; write HOST[:PORT][/PATH]"},
      {"[[registry]]\nname = 'q.io/'", "2: name: 'q.io/' is no registry; write HOST[:PORT][/PATH]"},
      {"[[registry]]\nname = 'q.io'\n[[registry]]\nname = 'q.io'", "4: name: 'q.io' stands in two tables"},
      {"[[registry]]\nname = 'q.io'\nmirrors = ['ftp://x']", "3: mirrors: 'ftp://x' " + url},
      {"[[registry]]\nname = 'unasked.io'\nmirrors = ['m.lan']", "3: mirrors: 'm.lan' " + url},
      {"[[registry]]\nname = 'q.io'\nmirrors = 5", "3: mirrors: expected a list of strings"},
      {"[[registry]]\nname = 'q.io'\ninsecure = 'yes'", "3: insecure: expected true or false"},
      {"[[registry]]\nname = 5", "2: name: expected a string"},
      {"registry = 5", "1: registry: expected tables, as [[registry]] makes them"},
      {"insecure-registries = [5]", "1: insecure-registries: expected a list of strings"},
      {"insecure-registries = ['10.0.0.0/33']",
       "1: insecure-registries: '10.0.0.0/33' is no registry; write HOST[:PORT] or ADDRESS/BITS"},
      {"insecure-registries = ['http://q.io']",
       "1: insecure-registries: 'http://q.io' is no registry; write HOST[:PORT] or ADDRESS/BITS"},
  };
  for (const auto& [text, expected] : cases) {
    write("config.toml", text[0] == '\'' ? text.substr(text.find('\n')) : text);
    EXPECT_EQ(error_of("q.io"), "config.toml:" + expected) << text;
  }
  write("config.toml", "\n\na = \n");
  EXPECT_THAT(error_of("q.io"), StartsWith("config.toml:3: "));
}

TEST_F(HostsTest, MirrorsAreAddressesAndNothingElse) {
  for (const std::string address : {"https://",
                                    "https://user@m.lan",
                                    "https://user:p@m.lan",
                                    "https://m.lan?x=1",
                                    "https://m.lan/#a",
                                    "file:///etc",
                                    "https://m.lan:0",
                                    "https://m.lan:65536",
                                    "https://m.lan:x",
                                    "https://m.lan:",
                                    "https://..",
                                    "https://a b",
                                    "https://[::1",
                                    "https://[127.0.0.1]",
                                    "https://[::1]5",
                                    "https://m.lan\\\\x",
                                    "https://m.lan/\\u0001",
                                    "https://m..lan",
                                    "https://m.lan/a b",
                                    "https://ü.lan"}) {
    write("config.toml", "[[registry]]\nname = 'q.io'\nmirrors = [\"" + address + "\"]\n");
    EXPECT_THAT(error_of("q.io"), StartsWith("config.toml:3: mirrors: '")) << address;
  }
  write("config.toml",
        "[[registry]]\nname = 'q.io'\nmirrors = ['https://[fd00::1]:5000/a/../b/', 'https://m_1.lan:65535']\n");
  EXPECT_THAT(places("q.io", "x"),
              ElementsAre("https://[fd00::1]:5000/b/v2/x", "https://m_1.lan:65535/v2/x", "https://q.io/v2/x"));
}

TEST_F(HostsTest, DockersDaemonFileCounts) {
  write("daemon.json", R"({"registry-mirrors":["https://hub.lan/","https://10.0.0.7"],"debug":true,
                           "insecure-registries":["10.0.0.0/8","http://odd.lan","any/thing"]})");
  EXPECT_THAT(places("docker.io"), ElementsAre("https://hub.lan/v2/ns/repo", "https://10.0.0.7/v2/ns/repo unverified",
                                               "https://registry-1.docker.io/v2/ns/repo"));
  EXPECT_EQ(abilities(endpoints("docker.io")[0]), "pull resolve ");
  EXPECT_THAT(places("q.io"), ElementsAre("https://q.io/v2/ns/repo"));
  EXPECT_EQ(endpoints("10.0.0.1").size(), 2U);
  EXPECT_EQ(endpoints("odd.lan").size(), 2U);
}

TEST_F(HostsTest, ABrokenDaemonFileIsAnError) {
  write("daemon.json", "[]");
  EXPECT_EQ(error_of("q.io"), "daemon.json: the file: expected an object, found array");
  write("daemon.json", "{");
  EXPECT_THAT(error_of("q.io"), StartsWith("daemon.json: "));
  write("daemon.json", R"({"insecure-registries":{}})");
  EXPECT_EQ(error_of("q.io"), "daemon.json: insecure-registries: expected a list of strings");
  write("daemon.json", R"({"registry-mirrors":["hub.lan"]})");
  EXPECT_EQ(
      error_of("docker.io"),
      "daemon.json: registry-mirrors: 'hub.lan' is not the address of a server; write https://HOST[:PORT][/PATH]");
}

}  // namespace
}  // namespace nacre::registry
