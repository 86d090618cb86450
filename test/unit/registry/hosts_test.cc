#include "registry/hosts.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <sys/fsuid.h>

#include "test/unit/registry/hosts_test_support.h"

namespace nacre::registry {
namespace {

using testing::ElementsAre;

TEST_F(HostsTest, WithoutFilesARegistryIsWhereItsNameSays) {
  EXPECT_THAT(places("docker.io", "library/alpine"), ElementsAre("https://registry-1.docker.io/v2/library/alpine"));
  EXPECT_EQ(endpoints("docker.io")[0].credential_key, "docker.io");
  EXPECT_EQ(endpoints("docker.io")[0].domain_asked, "");
  EXPECT_EQ(abilities(endpoints("docker.io")[0]), "pull resolve push ");
  EXPECT_THAT(places("q.io:8443"), ElementsAre("https://q.io:8443/v2/ns/repo"));
  EXPECT_EQ(endpoints("q.io:8443")[0].credential_key, "q.io:8443");
}

TEST_F(HostsTest, TheLoopbackMayBePlain) {
  for (const std::string host : {"localhost", "localhost:5000", "127.0.0.1", "127.3.2.1:80", "[::1]", "[::1]:5000"}) {
    EXPECT_THAT(places(host),
                ElementsAre("https://" + host + "/v2/ns/repo unverified", "http://" + host + "/v2/ns/repo unverified"));
  }
  for (const std::string host : {"localhost.example.com", "128.0.0.1", "[::2]:5000", "127.0.0.1.example.com"}) {
    EXPECT_THAT(places(host), ElementsAre("https://" + host + "/v2/ns/repo"));
  }
}

TEST_F(HostsTest, ANameWithoutAHostHasNoRegistry) {
  EXPECT_EQ(error_of("", Code::invalid_argument),
            "find the registry of ns/repo: its name does not begin with a host that can exist");
}

TEST_F(HostsTest, TheFirstFileWithMirrorsWins) {
  write("config.toml", "[[registry]]\nname = 'docker.io/other'\nmirrors = ['https://unasked.lan']\n");
  write("system.toml", "[[registry]]\nname = 'docker.io'\nmirrors = ['https://system.lan']\n");
  write("certs.d/docker.io/hosts.toml", "[host.'https://hosts.lan']\n");
  write("registries.conf", "[[registry]]\nlocation = 'docker.io'\n[[registry.mirror]]\nlocation = 'conf.lan'\n");
  write("daemon.json", R"({"registry-mirrors":["https://daemon.lan"]})");
  const std::string own = "https://registry-1.docker.io/v2/ns/repo";
  EXPECT_THAT(places("docker.io"), ElementsAre("https://system.lan/v2/ns/repo", own));
  remove_file(path("system.toml"));
  EXPECT_THAT(places("docker.io"), ElementsAre("https://hosts.lan/v2/ns/repo", own));
  remove_file(path("certs.d/docker.io/hosts.toml"));
  EXPECT_THAT(places("docker.io"), ElementsAre("https://conf.lan/v2/ns/repo", own));
  remove_file(path("registries.conf"));
  EXPECT_THAT(places("docker.io"), ElementsAre("https://daemon.lan/v2/ns/repo", own));
  write("config.toml", "[[registry]]\nname = 'docker.io'\nmirrors = []\n");
  EXPECT_THAT(places("docker.io"), ElementsAre(own));
}

TEST_F(HostsTest, TheFirstFileThatCallsARegistryInsecureOrNotWins) {
  write("config.toml", "[[registry]]\nname = 'q.io'\ninsecure = false\n[[registry]]\nname = 'z.io'\n");
  write("daemon.json", R"({"insecure-registries":["q.io","z.io"]})");
  EXPECT_THAT(places("q.io"), ElementsAre("https://q.io/v2/ns/repo"));
  EXPECT_THAT(places("z.io"), ElementsAre("https://z.io/v2/ns/repo unverified", "http://z.io/v2/ns/repo unverified"));
}

TEST_F(HostsTest, ALoopbackRegistryCanBeCalledSecure) {
  write("config.toml", "[[registry]]\nname = 'localhost:5000'\ninsecure = false\n");
  EXPECT_THAT(places("localhost:5000"), ElementsAre("https://localhost:5000/v2/ns/repo"));
}

// The thread gives up root's right to read everything for as long as this lives.
class AsNobody {
 public:
  AsNobody() { ::setfsuid(65534); }
  ~AsNobody() { ::setfsuid(::geteuid()); }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;
};

TEST_F(HostsTest, ForeignFilesThatWeMayNotReadAreAsGoodAsMissing) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root can become somebody else";
  }
  write("etc/docker/daemon.json", "nonsense");
  write("etc/docker/certs.d/q.io/lonely.key", "");
  write("etc/docker/registries.conf", "nonsense");
  const fs::path root = path("etc/docker");
  const HostFiles foreign{.certificate_folders = {root / "certs.d"},
                          .registries_conf = {root / "registries.conf"},
                          .daemon_json = root / "daemon.json"};
  fs::permissions(path(""), fs::perms::all);
  fs::permissions(path("etc"), fs::perms::all);
  fs::permissions(root, fs::perms::owner_all);
  EXPECT_THROW(Hosts(foreign).endpoints("q.io", "a"), Error);  // root may
  const AsNobody nobody;
  EXPECT_EQ(Hosts(foreign).endpoints("q.io", "a").size(), 1U);
  EXPECT_THROW(Hosts({.config = {root / "daemon.json"}}).endpoints("q.io", "a"), Error);  // our own must be readable
}

TEST_F(HostsTest, LargeFilesAreRefused) {
  write("config.toml", std::string(1024 * 1024 + 1, '#'));
  EXPECT_EQ(error_of("q.io", Code::invalid_argument),
            "read '" + path("config.toml").native().substr(path("").native().size()) +
                "': larger than the 1048576 bytes allowed here");
}

// The environment of the process, put back.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* const old = std::getenv(name)) {
      old_ = old;
    }
    set(value);
  }
  ~Variable() { set(old_ ? old_->c_str() : nullptr); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  void set(const char* value) { value == nullptr ? ::unsetenv(name_) : ::setenv(name_, value, 1); }
  const char* name_;
  std::optional<std::string> old_;
};

TEST(HostFilesTest, TheUsersFilesComeBeforeTheSystems) {
  const Variable home("HOME", "/h");
  const Variable xdg("XDG_CONFIG_HOME", nullptr);
  const Variable own("NACRE_CONFIG", nullptr);
  const Variable conf("CONTAINERS_REGISTRIES_CONF", nullptr);
  const auto files = HostFiles::of_user();
  EXPECT_THAT(files.config, ElementsAre("/h/.config/nacre/config.toml", "/etc/nacre/config.toml"));
  EXPECT_THAT(files.certificate_folders,
              ElementsAre("/h/.config/nacre/certs.d", "/etc/nacre/certs.d", "/etc/docker/certs.d",
                          "/h/.config/containers/certs.d", "/etc/containers/certs.d", "/etc/containerd/certs.d"));
  EXPECT_THAT(files.registries_conf,
              ElementsAre("/h/.config/containers/registries.conf", "/etc/containers/registries.conf"));
  EXPECT_EQ(files.daemon_json, "/etc/docker/daemon.json");
}

TEST(HostFilesTest, TheEnvironmentNamesFiles) {
  const Variable home("HOME", "/h");
  const Variable xdg("XDG_CONFIG_HOME", "/x");
  {
    const Variable own("NACRE_CONFIG", nullptr);
    EXPECT_EQ(HostFiles::of_user().config[0], "/x/nacre/config.toml");
  }
  const Variable own("NACRE_CONFIG", "mine.toml");
  const Variable conf("CONTAINERS_REGISTRIES_CONF", "/c/r.conf");
  EXPECT_THAT(HostFiles::of_user().config, ElementsAre("mine.toml"));
  EXPECT_THAT(HostFiles::of_user().registries_conf, ElementsAre("/c/r.conf"));
}

TEST(HostFilesTest, WithoutAHomeNothingIsReadFromTheCurrentFolder) {
  const Variable own("NACRE_CONFIG", nullptr);
  const Variable conf("CONTAINERS_REGISTRIES_CONF", nullptr);
  for (const char* const value : {static_cast<const char*>(nullptr), "", "relative"}) {
    const Variable home("HOME", value);
    const Variable xdg("XDG_CONFIG_HOME", value);
    const auto files = HostFiles::of_user();
    EXPECT_THAT(files.config, ElementsAre("/etc/nacre/config.toml"));
    EXPECT_EQ(files.certificate_folders.size(), 4U);
    EXPECT_THAT(files.registries_conf, ElementsAre("/etc/containers/registries.conf"));
  }
}

}  // namespace
}  // namespace nacre::registry
