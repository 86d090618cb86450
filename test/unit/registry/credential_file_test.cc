#include "registry/credential_file.h"

#include <thread>

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/temp.h"

namespace nacre::registry {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const Credentials& me() {
  static const Credentials credentials{.username = "me", .password = Secret("secret")};  // bWU6c2VjcmV0
  return credentials;
}

mode_t mode_of(const fs::path& path) {
  struct stat info{};
  EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
  return info.st_mode & 07777U;
}

class CredentialFileTest : public testing::Test {
 protected:
  fs::path path(const char* name = "config.json") const { return folder() / name; }
  void write(std::string_view text) const { write_file_atomically(path(), text); }
  std::string content(const fs::path& file) const { return read_file(file, 4'000'000); }
  CredentialFile read(std::string_view text) const {
    write(text);
    return CredentialFile(path());
  }
  std::string user_of(std::string_view text, std::string_view registry, std::string_view repository) const {
    const auto found = read(text).entry(registry, repository);
    return found ? found->username : "none";
  }
  // The message, which must name the file and quote nothing of it.
  std::string error_of(std::string_view text, const std::function<void(CredentialFile&)>& use) const {
    write(text);
    try {
      CredentialFile file(path());
      use(file);
      ADD_FAILURE() << "nothing was thrown for " << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::corrupt);
      EXPECT_THAT(error.message(), StartsWith(path().native() + ": "));
      EXPECT_THAT(error.message(), Not(HasSubstr("s3cret")));
      return error.message().substr(path().native().size() + 2);
    }
    return {};
  }

  static void keep_me(CredentialFile& file, std::string_view registry) { file.set(registry, me()); }
  void change(const fs::path& file, std::string_view registry) const {
    change_credential_file(file, [&](CredentialFile& current) {
      keep_me(current, registry);
      return true;
    });
  }

  const fs::path& folder() const { return folder_.path(); }

 private:
  TempDir folder_{fs::temp_directory_path(), "credential-file-"};
};

TEST_F(CredentialFileTest, AMissingOrBlankFileHasNoLogins) {
  fs::create_symlink("nowhere", path("dangling"));
  for (const fs::path& missing : {fs::path(), path("missing"), path("missing/too"), path("dangling")}) {
    const CredentialFile file(missing);
    EXPECT_FALSE(file.entry("q.io", "a"));
    EXPECT_FALSE(file.helper("q.io"));
  }
  for (const char* const blank : {"", " \n\t", "{}", R"({"auths":null,"credHelpers":null,"credsStore":null})"}) {
    EXPECT_EQ(user_of(blank, "q.io", "a"), "none");
    EXPECT_FALSE(read(blank).helper("q.io"));
  }
}

TEST_F(CredentialFileTest, TheNarrowestKeyWinsWhateverTheOrder) {
  const char* const text = R"({"auths":{"q.io":{"username":"host","password":"p"},
    "q.io/ns/repo":{"username":"repo","password":"p"},"q.io/ns/empty":{},"q.io/ns":{"username":"ns","password":"p"}}})";
  EXPECT_EQ(user_of(text, "q.io", "ns/repo"), "repo");
  EXPECT_EQ(user_of(text, "q.io", "ns/repo/deeper"), "repo");
  EXPECT_EQ(user_of(text, "q.io", "ns/repository"), "ns");
  EXPECT_EQ(user_of(text, "q.io", "ns/empty"), "ns");  // an entry without a login hides nothing
  EXPECT_EQ(user_of(text, "q.io", "nsx"), "host");
  EXPECT_EQ(user_of(text, "q.io", ""), "host");
  EXPECT_EQ(user_of(text, "q.io:443", "ns/repo"), "none");
  EXPECT_EQ(user_of(text, "io", "ns/repo"), "none");
}

TEST_F(CredentialFileTest, DockersSpellingGoesBeforeOthers) {
  EXPECT_EQ(user_of(R"({"auths":{"docker.io":{"username":"other","password":"p"},
                        "https://index.docker.io/v1/":{"username":"docker","password":"p"}}})",
                    "docker.io", "a"),
            "docker");
  EXPECT_EQ(user_of(R"({"auths":{"https://q.io":{"username":"other","password":"p"},
                        "q.io":{"username":"exact","password":"p"}}})",
                    "q.io", "a"),
            "exact");
  EXPECT_EQ(user_of(R"({"auths":{"https://index.docker.io/v1/":{},"docker.io":{"username":"me","password":"p"}}})",
                    "docker.io", "a"),
            "me");
}

TEST_F(CredentialFileTest, HelpersAreNamedForARegistryOrForAll) {
  const auto file = read(R"({"credHelpers":{"https://index.docker.io/v1/":"hub","plain.io":""},"credsStore":"all"})");
  EXPECT_EQ(file.helper("docker.io"), "hub");
  EXPECT_EQ(file.helper("q.io"), "all");
  EXPECT_EQ(file.helper("plain.io"), std::nullopt);
  EXPECT_EQ(read(R"({"credsStore":""})").helper("q.io"), std::nullopt);
}

TEST_F(CredentialFileTest, WhatCannotBeReadIsNamedAndNotQuoted) {
  const auto find = [](CredentialFile& file) { file.entry("q.io", "a"); };
  const auto helper = [](CredentialFile& file) { file.helper("q.io"); };
  const auto set = [](CredentialFile& file) { keep_me(file, "q.io"); };
  EXPECT_EQ(error_of("{\n \"s3cret\"}", find), "not JSON at line 2, column 10; repair or remove it");
  EXPECT_EQ(error_of("s3cret", find), "not JSON at line 1, column 1; repair or remove it");
  EXPECT_EQ(error_of(R"({"s3cret line 7":"s3cret)", find), "not JSON at line 1, column 25; repair or remove it");
  EXPECT_EQ(error_of(R"({"password":1e999})", find), "not JSON; repair or remove it");
  EXPECT_EQ(error_of(std::string(5000, '['), find), "not JSON; repair or remove it");
  EXPECT_EQ(error_of(R"("s3cret")", find), "expected an object, found string; repair or remove it");
  EXPECT_EQ(error_of(R"({"auths":["s3cret"]})", find), "field 'auths': expected an object, found array");
  EXPECT_EQ(error_of(R"({"auths":["s3cret"]})", set), "field 'auths': expected an object, found array");
  EXPECT_EQ(error_of(R"({"auths":{"q.io":{"auth":"s3cret!!"}}})", find),
            "login for q.io: field 'auth': not the base64 of user:password");
  EXPECT_EQ(error_of(R"({"credHelpers":"s3cret"})", helper), "field 'credHelpers': expected an object, found string");
  EXPECT_EQ(error_of(R"({"credHelpers":{"q.io":1}})", helper), "field 'q.io': expected a string, found number");
  EXPECT_EQ(error_of(R"({"credsStore":{}})", helper), "field 'credsStore': expected a string, found object");
}

TEST_F(CredentialFileTest, OnlyTheEntryThatIsAskedForMustBeRight) {
  EXPECT_EQ(user_of(R"({"auths":{"bad.io":{"auth":"!!"},"q.io":{"username":"me","password":"p"}}})", "q.io", "a"),
            "me");
}

TEST_F(CredentialFileTest, ALargeFileIsRefused) {
  write(R"({"auths":{}})" + std::string(1024 * 1024, ' '));
  try {
    const CredentialFile file(path());
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr(path().native()));
    EXPECT_THAT(error.message(), HasSubstr("larger than the 1048576 bytes"));
  }
  write(R"({"auths":{}})" + std::string(1024 * 1024 - 12, ' '));
  EXPECT_FALSE(CredentialFile(path()).entry("q.io", "a"));
}

TEST_F(CredentialFileTest, AFileThatCannotBeOpenedIsNotAMissingOne) {
  fs::create_directory(path());
  EXPECT_THROW(CredentialFile{path()}, Error);
}

TEST_F(CredentialFileTest, EverythingElseStaysAsItWas) {
  write(
      "{\n\t\"zeta\": 1,\n\t\"auths\": {\n\t\t\"old.io\": {\n\t\t\t\"auth\": \"YTpi\"\n\t\t},\n\t\t\"q.io\": {\n"
      "\t\t\t\"email\": \"e\",\n\t\t\t\"auth\": \"YTpi\"\n\t\t},\n\t\t\"https://q.io/v2/\": {}\n\t},\n"
      "\t\"alpha\": {\n\t\t\"x\": [\n\t\t\t1,\n\t\t\tnull\n\t\t],\n\t\t\"<é>\": {}\n\t}\n}\n");
  change(path(), "q.io");
  EXPECT_EQ(content(path()),
            "{\n\t\"zeta\": 1,\n\t\"auths\": {\n\t\t\"old.io\": {\n\t\t\t\"auth\": \"YTpi\"\n\t\t},\n\t\t\"q.io\": {\n"
            "\t\t\t\"email\": \"e\",\n\t\t\t\"auth\": \"bWU6c2VjcmV0\"\n\t\t}\n\t},\n"
            "\t\"alpha\": {\n\t\t\"x\": [\n\t\t\t1,\n\t\t\tnull\n\t\t],\n\t\t\"<é>\": {}\n\t}\n}\n");
}

TEST_F(CredentialFileTest, ANewFileIsForItsOwnerAlone) {
  const fs::path file = folder() / "new/deeper/config.json";
  change(file, "docker.io");
  EXPECT_EQ(
      content(file),
      "{\n\t\"auths\": {\n\t\t\"https://index.docker.io/v1/\": {\n\t\t\t\"auth\": \"bWU6c2VjcmV0\"\n\t\t}\n\t}\n}\n");
  EXPECT_EQ(mode_of(file), 0600U);
  EXPECT_EQ(mode_of(file.parent_path()), 0700U);
  EXPECT_EQ(mode_of(file.parent_path().parent_path()), 0700U);
  EXPECT_THAT(list_directory(file.parent_path()), ElementsAre("config.json"));  // no lock, nothing temporary
}

TEST_F(CredentialFileTest, AReplacedFileIsForItsOwnerAloneToo) {
  write("{}");
  ASSERT_EQ(::chmod(path().c_str(), 0644), 0);
  change(path(), "q.io");
  EXPECT_EQ(mode_of(path()), 0600U);
}

TEST_F(CredentialFileTest, RootLeavesTheFileToItsOwner) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "not root";
  }
  write("{}");
  ASSERT_EQ(::chown(path().c_str(), 1234, 2345), 0);
  change(path(), "q.io");
  struct stat info{};
  ASSERT_EQ(::stat(path().c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, 1234U);
  EXPECT_EQ(info.st_gid, 2345U);
}

TEST_F(CredentialFileTest, ASymlinkStaysOne) {
  const fs::path real = folder() / "dotfiles/docker.json";
  fs::create_directory(real.parent_path());
  write_file_atomically(real, R"({"zeta":1})");
  fs::create_symlink("dotfiles/docker.json", path("second"));
  fs::create_symlink(path("second"), path());
  change(path(), "q.io");
  EXPECT_TRUE(fs::is_symlink(path()) && fs::is_symlink(path("second")) && !fs::is_symlink(real));
  EXPECT_THAT(content(real), HasSubstr("bWU6c2VjcmV0"));
  EXPECT_THAT(content(real), HasSubstr("zeta"));
  EXPECT_THAT(list_directory(real.parent_path()), ElementsAre("docker.json"));
}

TEST_F(CredentialFileTest, ASymlinkThatLeadsToNothingYetStaysOne) {
  fs::create_symlink("dotfiles/docker.json", path());
  change(path(), "q.io");
  EXPECT_TRUE(fs::is_symlink(path()));
  EXPECT_THAT(content(folder() / "dotfiles/docker.json"), HasSubstr("bWU6c2VjcmV0"));
}

TEST_F(CredentialFileTest, ASymlinkToItselfIsRefused) {
  fs::create_symlink("config.json", path());
  EXPECT_THROW(change(path(), "q.io"), Error);
  EXPECT_TRUE(fs::is_symlink(path()));
}

TEST_F(CredentialFileTest, ABadFileIsLeftAlone) {
  for (const char* const bad : {"{\"auths\":", R"({"auths":1})", "[]"}) {
    write(bad);
    EXPECT_THROW(change(path(), "q.io"), Error) << bad;
    EXPECT_EQ(content(path()), bad);
    EXPECT_THAT(list_directory(folder()), ElementsAre("config.json"));
  }
}

TEST_F(CredentialFileTest, WhatIsNotChangedIsNotWritten) {
  write("{ }");
  change_credential_file(path(), [](CredentialFile& file) { return file.erase("q.io"); });
  EXPECT_EQ(content(path()), "{ }");
}

TEST_F(CredentialFileTest, EverySpellingIsErasedAndNothingNarrower) {
  write(R"({"auths":{"q.io":{},"https://q.io/v1/":{},"http://q.io":{},"q.io/ns":{},"xq.io":{}}})");
  change_credential_file(path(), [](CredentialFile& file) {
    const bool had = file.erase("q.io");
    EXPECT_FALSE(file.erase("q.io"));
    return had;
  });
  EXPECT_EQ(oci::OrderedJson::parse(content(path())).dump(), R"({"auths":{"q.io/ns":{},"xq.io":{}}})");
}

TEST_F(CredentialFileTest, LoginsAtTheSameTimeAllStay) {
  constexpr int writers = 8;
  constexpr int logins = 10;
  fs::create_symlink("config.json", path("link"));
  std::vector<std::thread> threads;
  for (int writer = 0; writer < writers; ++writer) {
    threads.emplace_back([&, writer] {
      for (int i = 0; i < logins; ++i) {
        // By another name of the file too: the lock is the file's, not the name's.
        change(path(writer % 2 == 0 ? "config.json" : "link"), std::to_string(writer) + "-" + std::to_string(i));
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(oci::OrderedJson::parse(content(path()))["auths"].size(), static_cast<std::size_t>(writers * logins));
  EXPECT_THAT(list_directory(folder()), ElementsAre("config.json", "link"));
}

}  // namespace
}  // namespace nacre::registry
