#include "registry/credential_helper.h"

#include <cstdlib>
#include <functional>

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/temp.h"

namespace nacre::registry {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Helpers are shell scripts in a folder of PATH; each test runs in a process of its own.
class CredentialHelperTest : public testing::Test {
 protected:
  CredentialHelperTest() { ::setenv("PATH", (folder().native() + ":" + std::getenv("PATH")).c_str(), 1); }

  void helper(std::string_view script) const {
    write_file_atomically(folder() / "docker-credential-fake",
                          "#!/bin/sh\ncd " + folder().native() + "\n" + std::string(script), 0755);
  }
  std::string file(const char* name) const { return read_file(folder() / name, 100'000); }

  // Of a call that must fail with Code::unavailable, naming the helper and never saying the secret.
  std::string error_of(const std::function<void()>& call) const {
    try {
      call();
      ADD_FAILURE() << "nothing was thrown";
      return {};
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::unavailable);
      EXPECT_THAT(error.message(), StartsWith("docker-credential-fake"));
      EXPECT_THAT(error.message(), Not(HasSubstr("s3cret")));
      return error.message();
    }
  }
  std::string error_of_get(std::string_view script) const {
    helper(script);
    return error_of([] { ask_helper("fake", "q.io"); });
  }
  std::string error_of_store(std::string_view script) const {
    helper(script);
    return error_of([] { tell_helper("fake", "q.io", {.username = "me", .password = Secret("s3cret")}); });
  }

  const fs::path& folder() const { return folder_.path(); }

 private:
  TempDir folder_{fs::temp_directory_path(), "credential-helper-"};
};

TEST_F(CredentialHelperTest, GetIsAskedAsTheProtocolSays) {
  helper(R"(cat > input; echo "$@" > arguments; echo '{"ServerURL":"q.io","Username":"me","Secret":"s3\"cret"}')");
  const auto found = ask_helper("fake", "https://index.docker.io/v1/");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->username, "me");
  EXPECT_EQ(found->password.reveal(), "s3\"cret");
  EXPECT_TRUE(found->identity_token.empty());
  EXPECT_EQ(file("input"), "https://index.docker.io/v1/");
  EXPECT_EQ(file("arguments"), "get\n");
}

TEST_F(CredentialHelperTest, AnIdentityTokenHasAUserNameOfItsOwn) {
  helper(R"(echo '{"Username":"<token>","Secret":"s3cret"}')");
  const auto found = ask_helper("fake", "q.io");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->username, "");
  EXPECT_TRUE(found->password.empty());
  EXPECT_EQ(found->identity_token.reveal(), "s3cret");
}

TEST_F(CredentialHelperTest, AHelperMayHaveNothing) {
  helper("echo 'credentials not found in native keychain'; exit 1");
  EXPECT_FALSE(ask_helper("fake", "q.io"));
  helper("echo 'credentials not found in native keychain' >&2; exit 1");
  EXPECT_FALSE(ask_helper("fake", "q.io"));
  helper(R"(echo '{"ServerURL":"","Username":"","Secret":""}')");
  EXPECT_FALSE(ask_helper("fake", "q.io"));
}

TEST_F(CredentialHelperTest, TheWordsForNothingCountOnlyInAFailure) {
  EXPECT_THAT(error_of_get("echo 'credentials not found in native keychain'"), HasSubstr("not the JSON of a login"));
}

TEST_F(CredentialHelperTest, WhatAFailureSays) {
  EXPECT_EQ(error_of_get("echo 'keychain is locked'; echo more; exit 1"),
            "docker-credential-fake get: keychain is locked");
  EXPECT_EQ(error_of_get("echo out; printf '\\n  on \\033[31mstderr \\r\\n' >&2; exit 1"),
            "docker-credential-fake get: on \\x1b[31mstderr");
  EXPECT_EQ(error_of_get("exit 3"), "docker-credential-fake get: failed with status 3");
  EXPECT_EQ(error_of_get("kill -9 $$"), "docker-credential-fake get: killed by signal 9");
  EXPECT_LT(error_of_get("head -c 500000 /dev/zero | tr '\\0' x >&2; exit 1").size(), 300U);
}

TEST_F(CredentialHelperTest, AFailureNeverSaysTheSecret) {
  EXPECT_EQ(error_of_get(R"(echo '{"Username":"me","Secret":"s3cret"}'; exit 1)"),
            "docker-credential-fake get: failed with status 1");
  EXPECT_EQ(error_of_get(R"(set -x; : '{"Secret":"s3cret"}'; echo told; exit 1)"), "docker-credential-fake get: told");
  EXPECT_EQ(error_of_store("cat; exit 1"), "docker-credential-fake store: failed with status 1");
  EXPECT_EQ(error_of_store("echo cannot keep s3cret >&2; echo is full; exit 1"),
            "docker-credential-fake store: is full");
}

TEST_F(CredentialHelperTest, AnAnswerThatIsNoLoginIsNotQuoted) {
  for (const char* const script :
       {"echo s3cret", "true", R"(echo '"s3cret"')", R"(echo '{"Username":"me","Secret":["s3cret"]}')",
        R"(echo '{"Username":"me","Secret":"s3cret"')", R"(echo '{"Username":7,"Secret":"s3cret"}')",
        "head -c 3000000 /dev/zero | tr '\\0' '['"}) {
    EXPECT_EQ(error_of_get(script), "docker-credential-fake get: its answer is not the JSON of a login") << script;
  }
}

TEST_F(CredentialHelperTest, AMissingHelperIsNamed) {
  EXPECT_EQ(error_of([] { ask_helper("fake", "q.io"); }),
            "docker-credential-fake: not in PATH; install it, or take its name out of config.json or auth.json");
}

TEST_F(CredentialHelperTest, AHelperThatCannotStartIsNamed) {
  write_file_atomically(folder() / "docker-credential-fake", "#!/no/such/interpreter\n", 0755);
  EXPECT_THAT(error_of([] { ask_helper("fake", "q.io"); }), HasSubstr("get: start"));
}

TEST_F(CredentialHelperTest, NamesLeadNowhereElse) {
  helper("echo started > started");
  fs::create_directory(folder() / "docker-credential-x");
  for (const char* const name : {"x/../docker-credential-fake", "/bin/sh", "", "fake\n", "fa\x1bke"}) {
    try {
      ask_helper(name, "q.io");
      FAIL() << "nothing was thrown for " << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::invalid_argument);
      EXPECT_THAT(error.message(), Not(HasSubstr("\x1b")));
    }
  }
  EXPECT_FALSE(path_exists(folder() / "started"));
}

TEST_F(CredentialHelperTest, StoreGetsItsSecretOnStandardInputOnly) {
  helper(R"(cat > input; echo "$@" > arguments; tr '\0' '\n' < /proc/$$/cmdline >> arguments; env > environment)");
  tell_helper("fake", "q.io", {.username = "me", .password = Secret("s3\"cret")});
  EXPECT_EQ(file("input"), R"({"ServerURL":"q.io","Username":"me","Secret":"s3\"cret"})");
  EXPECT_THAT(file("arguments"), StartsWith("store\n"));
  EXPECT_THAT(file("arguments"), Not(HasSubstr("cret")));
  EXPECT_THAT(file("environment"), Not(HasSubstr("s3\"cret")));
  tell_helper("fake", "q.io", {.username = "me", .identity_token = Secret("refresh")});
  EXPECT_EQ(file("input"), R"({"ServerURL":"q.io","Username":"<token>","Secret":"refresh"})");
}

TEST_F(CredentialHelperTest, AHelperThatReadsNothingHoldsNobodyUp) {
  helper("exit 0");
  tell_helper("fake", "q.io", {.username = "me", .password = Secret(std::string(1'000'000, 's'))});
}

TEST_F(CredentialHelperTest, EraseNamesTheKey) {
  helper(R"(cat > input; echo "$@" > arguments)");
  erase_in_helper("fake", "q.io");
  EXPECT_EQ(file("input"), "q.io");
  EXPECT_EQ(file("arguments"), "erase\n");
  helper("echo 'credentials not found in native keychain'; exit 1");
  EXPECT_NO_THROW(erase_in_helper("fake", "q.io"));
  helper("echo locked; exit 1");
  EXPECT_EQ(error_of([] { erase_in_helper("fake", "q.io"); }), "docker-credential-fake erase: locked");
}

}  // namespace
}  // namespace nacre::registry
