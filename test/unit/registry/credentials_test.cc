#include "registry/credentials.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/temp.h"
#include "oci/json.h"

namespace nacre::registry {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class CredentialsTest : public testing::Test {
 protected:
  CredentialsTest() { ::setenv("PATH", (folder().native() + ":" + std::getenv("PATH")).c_str(), 1); }

  void config(std::string_view text) { write_file_atomically(config_path(), text); }
  void auth_json(std::string_view text) { write_file_atomically(folder() / "auth.json", text); }
  // A helper that keeps what it is told in a file of the folder.
  void helper(std::string_view name, std::string_view script) {
    write_file_atomically(folder() / ("docker-credential-" + std::string(name)),
                          "#!/bin/sh\ncd " + folder().native() + "\n" + std::string(script), 0755);
  }
  fs::path config_path() const { return folder() / "docker/config.json"; }
  std::string file(const char* name) const { return read_file(folder() / name, 100'000); }
  std::string compact_config() const { return oci::OrderedJson::parse(read_file(config_path(), 10'000)).dump(); }
  CredentialStore store() const {
    return CredentialStore({.docker_config = config_path(), .auth_json = {folder() / "auth.json"}});
  }
  std::string user_of(std::string_view registry, std::string_view repository = "a/b") const {
    const auto found = store().find(registry, repository);
    return found ? found->username : "none";
  }
  std::string error_of_find(std::string_view registry) const {
    try {
      store().find(registry, "a");
      return "no error";
    } catch (const Error& error) {
      return error.message();
    }
  }

  const fs::path& folder() const { return folder_.path(); }

 private:
  TempDir folder_{fs::temp_directory_path(), "credentials-"};
  bool made_ = (make_directories(folder() / "docker"), true);
};

TEST_F(CredentialsTest, NothingIsThereWithoutFiles) {
  EXPECT_EQ(user_of("docker.io"), "none");
}

TEST_F(CredentialsTest, EntriesAreReadAsDockerWritesThem) {
  // me:pass:word, and user:
  config(R"({"auths":{"quay.io":{"auth":"bWU6cGFzczp3b3Jk"},"plain.io":{"username":"u","password":"p"},
             "token.io":{"auth":"dXNlcjo=","identitytoken":"refresh"},"bearer.io":{"registrytoken":"t"}}})");
  const auto quay = store().find("quay.io", "a");
  EXPECT_EQ(quay->username, "me");
  EXPECT_EQ(quay->password.reveal(), "pass:word");
  EXPECT_EQ(store().find("plain.io", "a")->password.reveal(), "p");
  EXPECT_EQ(store().find("token.io", "a")->identity_token.reveal(), "refresh");
  EXPECT_EQ(store().find("bearer.io", "a")->registry_token.reveal(), "t");
  EXPECT_EQ(user_of("other.io"), "none");
}

TEST_F(CredentialsTest, DockerHubHasManySpellings) {
  for (const char* const key : {"https://index.docker.io/v1/", "docker.io", "index.docker.io", "http://docker.io/v2/",
                                "registry-1.docker.io"}) {
    config(std::string(R"({"auths":{")") + key + R"(":{"username":"me","password":"p"}}})");
    EXPECT_EQ(user_of("docker.io", "library/alpine"), "me") << key;
  }
}

TEST_F(CredentialsTest, TheNarrowestPathWins) {
  auth_json(R"({"auths":{"q.io":{"username":"host","password":"p"},"q.io/ns":{"username":"ns","password":"p"},
                "q.io/ns/repo":{"username":"repo","password":"p"}}})");
  EXPECT_EQ(user_of("q.io", "ns/repo"), "repo");
  EXPECT_EQ(user_of("q.io", "ns/repo/deep"), "repo");
  EXPECT_EQ(user_of("q.io", "ns/other"), "ns");
  EXPECT_EQ(user_of("q.io", "nsx/repo"), "host");
}

TEST_F(CredentialsTest, DockersFileComesFirst) {
  config(R"({"auths":{"q.io":{"username":"docker","password":"p"}}})");
  auth_json(R"({"auths":{"q.io/ns":{"username":"podman","password":"p"},"z.io":{"username":"z","password":"p"}}})");
  EXPECT_EQ(user_of("q.io", "ns/repo"), "docker");
  EXPECT_EQ(user_of("z.io"), "z");
}

TEST_F(CredentialsTest, HelpersAreAskedAsTheirProtocolSays) {
  helper("one", R"(cat > asked; echo "$@" > arguments; echo '{"Username":"helped","Secret":"s3cret"}')");
  helper("all", R"(echo '{"Username":"<token>","Secret":"refresh"}')");
  config(R"({"credHelpers":{"docker.io":"one"},"credsStore":"all"})");
  const auto hub = store().find("docker.io", "library/alpine");
  EXPECT_EQ(hub->username, "helped");
  EXPECT_EQ(hub->password.reveal(), "s3cret");
  EXPECT_EQ(file("asked"), "https://index.docker.io/v1/");
  EXPECT_EQ(file("arguments"), "get\n");
  EXPECT_EQ(store().find("x.io", "a")->identity_token.reveal(), "refresh");
}

TEST_F(CredentialsTest, AHelperThatHasNothingLeavesItToTheFile) {
  helper("none", "echo 'credentials not found in native keychain'; exit 1");
  config(R"({"credsStore":"none","auths":{"q.io":{"username":"file","password":"p"}}})");
  EXPECT_EQ(user_of("q.io"), "file");
}

TEST_F(CredentialsTest, AHelperThatFailsIsNamed) {
  helper("bad", "echo 'keychain is locked'; exit 1");
  config(R"({"credsStore":"bad"})");
  EXPECT_EQ(error_of_find("q.io"), "docker-credential-bad get: keychain is locked");
  config(R"({"credsStore":"missing"})");
  EXPECT_THAT(error_of_find("q.io"), HasSubstr("docker-credential-missing"));
  config(R"({"credsStore":"../evil"})");
  EXPECT_THAT(error_of_find("q.io"), HasSubstr("is no name"));
  helper("babble", "echo 's3cret but no JSON'");
  config(R"({"credsStore":"babble"})");
  EXPECT_THAT(error_of_find("q.io"), Not(HasSubstr("s3cret")));
}

TEST_F(CredentialsTest, BadFilesAreNamedAndNeverQuoted) {
  for (const char* const bad : {R"({"auths":{"q.io":{"auth":"s3cret!!"}}})", R"({"s3cret")", R"("s3cret")"}) {
    config(bad);
    EXPECT_THAT(error_of_find("q.io"), HasSubstr(config_path().native())) << bad;
    EXPECT_THAT(error_of_find("q.io"), Not(HasSubstr("s3cret"))) << bad;
  }
}

TEST_F(CredentialsTest, ALoginIsKeptBesideEverythingElse) {
  config(R"({"zeta":1,"auths":{"old.io":{"auth":"YTpi"},"https://q.io/v2/":{"auth":"YTpi"}},"alpha":{"x":[1]}})");
  const auto kept = store().keep("q.io", {.username = "me", .password = Secret("p:w")});
  EXPECT_FALSE(kept.helper);
  EXPECT_EQ(user_of("q.io"), "me");
  EXPECT_EQ(store().find("q.io", "a")->password.reveal(), "p:w");
  EXPECT_EQ(user_of("old.io"), "a");
  const auto json = oci::OrderedJson::parse(read_file(config_path(), 10'000));
  EXPECT_EQ(json.begin().key(), "zeta");
  EXPECT_EQ(json["alpha"]["x"][0], 1);
  EXPECT_EQ(json["auths"].size(), 2U);
  struct stat info{};
  ASSERT_EQ(::stat(config_path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST_F(CredentialsTest, ASymlinkedFileStaysOne) {
  write_file_atomically(folder() / "real.json", "{}");
  fs::create_symlink(folder() / "real.json", config_path());
  store().keep("docker.io", {.username = "me", .password = Secret("p")});
  EXPECT_TRUE(fs::is_symlink(config_path()));
  EXPECT_THAT(file("real.json"), HasSubstr("https://index.docker.io/v1/"));
}

TEST_F(CredentialsTest, ALoginGoesToTheHelper) {
  helper("keep", R"(cat > "told.$1")");
  config(R"({"credsStore":"keep","auths":{"q.io":{"auth":"YTpi"},"z.io":{"auth":"YTpi"}}})");
  const auto kept = store().keep("q.io", {.username = "me", .password = Secret("s3cret")});
  EXPECT_EQ(kept.helper, "keep");
  EXPECT_EQ(kept.file, config_path());
  EXPECT_EQ(file("told.store"), R"({"ServerURL":"q.io","Username":"me","Secret":"s3cret"})");
  EXPECT_EQ(compact_config(), R"({"credsStore":"keep","auths":{"z.io":{"auth":"YTpi"}}})");
}

TEST_F(CredentialsTest, ALoginThatAHelperDidNotTakeIsNowhere) {
  helper("keep", "echo full; exit 1");
  const std::string before = R"({"credsStore":"keep","auths":{"q.io":{"auth":"YTpi"}}})";
  config(before);
  EXPECT_THROW(store().keep("q.io", {.username = "me", .password = Secret("s3cret")}), Error);
  EXPECT_EQ(compact_config(), before);
}

TEST_F(CredentialsTest, ARegistryMayHaveAHelperOfItsOwnOrNone) {
  helper("keep", R"(cat > "told.$1")");
  config(R"({"credHelpers":{"docker.io":"keep","plain.io":""},"credsStore":"missing"})");
  EXPECT_EQ(store().keep("docker.io", {.username = "me", .password = Secret("p")}).helper, "keep");
  EXPECT_THAT(file("told.store"), HasSubstr("https://index.docker.io/v1/"));
  EXPECT_EQ(store().keep("plain.io", {.username = "me", .password = Secret("p")}).helper, std::nullopt);
  EXPECT_EQ(user_of("plain.io"), "me");
}

TEST_F(CredentialsTest, RegistriesMayBeGivenInAnySpelling) {
  store().keep("https://index.docker.io/v1/", {.username = "me", .password = Secret("p")});
  EXPECT_EQ(compact_config(), R"({"auths":{"https://index.docker.io/v1/":{"auth":"bWU6cA=="}}})");
  EXPECT_EQ(user_of("docker.io"), "me");
  EXPECT_EQ(user_of("registry-1.docker.io"), "me");
  EXPECT_TRUE(store().forget("http://docker.io/"));
  EXPECT_EQ(user_of("docker.io"), "none");
}

TEST(RegistryOf, NamesWhatReferencesName) {
  EXPECT_EQ(registry_of(""), "docker.io");
  EXPECT_EQ(registry_of("https://index.docker.io/v1/"), "docker.io");
  EXPECT_EQ(registry_of("http://localhost:5000/v2/"), "localhost:5000");
  EXPECT_EQ(registry_of("q.io"), "q.io");
}

TEST_F(CredentialsTest, AnIdentityTokenIsKeptInPlaceOfThePassword) {
  store().keep("q.io", {.username = "me", .password = Secret("s3cret"), .identity_token = Secret("refresh")});
  const auto found = store().find("q.io", "a");
  EXPECT_EQ(found->username, "me");
  EXPECT_EQ(found->identity_token.reveal(), "refresh");
  EXPECT_TRUE(found->password.empty());
}

TEST_F(CredentialsTest, WhatCouldNotBeFoundAgainIsNotKept) {
  for (const Credentials& bad :
       {Credentials{.username = "a:b", .password = Secret("s3cret")}, Credentials{.password = Secret("s3cret")},
        Credentials{.username = "me", .password = Secret("s3cret\xff")}}) {
    try {
      store().keep("q.io", bad);
      ADD_FAILURE() << "nothing was thrown for user name " << bad.username;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::invalid_argument);
      EXPECT_THAT(error.message(), Not(HasSubstr("s3cret")));
    }
  }
  EXPECT_FALSE(path_exists(config_path()));
}

TEST_F(CredentialsTest, PodmansHelpersKnowDockerHubByItsName) {
  helper("one", R"(cat > asked; echo '{"Username":"podman","Secret":"p"}')");
  auth_json(R"({"credHelpers":{"docker.io":"one"}})");
  EXPECT_EQ(user_of("docker.io"), "podman");
  EXPECT_EQ(file("asked"), "docker.io");
}

TEST_F(CredentialsTest, ForgettingTakesEverySpelling) {
  config(
      R"({"auths":{"https://index.docker.io/v1/":{"auth":"YTpi"},"docker.io":{"auth":"YTpi"},"q.io":{"auth":"YTpi"}}})");
  EXPECT_TRUE(store().forget("docker.io"));
  EXPECT_EQ(user_of("docker.io"), "none");
  EXPECT_EQ(user_of("q.io"), "a");
  EXPECT_FALSE(store().forget("docker.io"));
}

TEST_F(CredentialsTest, ForgettingWhereNothingIsMakesNothing) {
  const CredentialStore nowhere({.docker_config = folder() / "none/config.json", .auth_json = {}});
  EXPECT_FALSE(CredentialStore(nowhere).forget("q.io"));
  EXPECT_FALSE(path_exists(folder() / "none"));
}

TEST_F(CredentialsTest, ForgettingLeavesPodmansLogins) {
  const std::string podmans = R"({"auths":{"q.io":{"auth":"YTpi"}}})";
  auth_json(podmans);
  EXPECT_FALSE(store().forget("q.io"));
  EXPECT_EQ(file("auth.json"), podmans);
}

// Keeps each login in a file that is called after its key.
constexpr std::string_view remembering = R"(
  key=$(cat); name=key.$(printf %s "$key" | tr / _); echo "$1 $key" >> log
  case $1 in
    get) test -e "$name" || { echo 'credentials not found in native keychain'; exit 1; }
         echo '{"Username":"me","Secret":"x"}';;
    erase) rm "$name";;
  esac)";

TEST_F(CredentialsTest, ForgettingErasesEverySpellingInTheHelper) {
  helper("keep", remembering);
  config(R"({"credHelpers":{"q.io":"keep"},"auths":{"q.io":{}}})");
  for (const char* const name : {"key.q.io", "key.https:__q.io", "key.other.io"}) {
    write_file_atomically(folder() / name, "");
  }
  EXPECT_TRUE(store().forget("q.io"));
  EXPECT_EQ(file("log"), "get q.io\nerase q.io\nget https://q.io\nerase https://q.io\nget http://q.io\n");
  EXPECT_TRUE(path_exists(folder() / "key.other.io"));
  EXPECT_EQ(compact_config(), R"({"credHelpers":{"q.io":"keep"},"auths":{}})");
  EXPECT_FALSE(store().forget("q.io"));
}

TEST_F(CredentialsTest, ALockedHelperIsToldToForgetAllTheSame) {
  helper("keep", R"(key=$(cat); echo "$1 $key" >> log; test "$1" = erase || { echo locked; exit 1; })");
  config(R"({"credsStore":"keep"})");
  EXPECT_TRUE(store().forget("q.io"));
  EXPECT_THAT(file("log"), HasSubstr("erase q.io\n"));
}

TEST_F(CredentialsTest, AHelperThatDoesNotForgetIsAnErrorButTheFileForgets) {
  helper("keep", "echo locked; exit 1");
  config(R"({"credsStore":"keep","auths":{"q.io":{"auth":"YTpi"}}})");
  EXPECT_THROW(store().forget("q.io"), Error);
  EXPECT_EQ(compact_config(), R"({"credsStore":"keep","auths":{}})");
}

class CredentialFilesTest : public testing::Test {
 protected:
  CredentialFilesTest() {
    for (const char* const name :
         {"DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "HOME"}) {
      ::unsetenv(name);
    }
  }
  static void set(const char* name, const char* value) { ::setenv(name, value, 1); }
};

TEST_F(CredentialFilesTest, OfAPlainUser) {
  set("HOME", "/home/me");
  const auto files = CredentialFiles::of_user();
  EXPECT_EQ(files.docker_config, "/home/me/.docker/config.json");
  EXPECT_THAT(files.auth_json, ElementsAre("/run/containers/" + std::to_string(::getuid()) + "/auth.json",
                                           "/home/me/.config/containers/auth.json"));
}

TEST_F(CredentialFilesTest, OfOneWhoSaysWhere) {
  set("HOME", "/home/me");
  set("DOCKER_CONFIG", "/d");
  set("REGISTRY_AUTH_FILE", "/r.json");
  set("XDG_RUNTIME_DIR", "/x");
  set("XDG_CONFIG_HOME", "/c");
  const auto files = CredentialFiles::of_user();
  EXPECT_EQ(files.docker_config, "/d/config.json");
  EXPECT_THAT(files.auth_json, ElementsAre("/r.json", "/x/containers/auth.json", "/c/containers/auth.json"));
}

TEST_F(CredentialFilesTest, OfOneWithoutAHome) {
  set("HOME", "");
  set("DOCKER_CONFIG", "");
  const auto files = CredentialFiles::of_user();
  EXPECT_EQ(files.docker_config, "");
  EXPECT_EQ(files.auth_json.size(), 1U);
  CredentialStore store({.docker_config = {}, .auth_json = {}});
  EXPECT_FALSE(store.find("q.io", "a"));
  EXPECT_FALSE(store.forget("q.io"));
  EXPECT_THROW(store.keep("q.io", {.username = "me", .password = Secret("p")}), Error);
}

}  // namespace
}  // namespace nacre::registry
