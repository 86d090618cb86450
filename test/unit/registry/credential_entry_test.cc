#include "registry/credential_entry.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "registry/base64.h"

namespace nacre::registry {
namespace {

using oci::OrderedJson;

// "user|password|identity token|registry token", or "none", or the error.
std::string read(const OrderedJson& entry) {
  try {
    const auto found = read_entry(entry);
    return !found ? "none"
                  : found->username + "|" + std::string(found->password.reveal()) + "|" +
                        std::string(found->identity_token.reveal()) + "|" + std::string(found->registry_token.reveal());
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::corrupt);
    return error.message();
  }
}

std::string read_auth(std::string_view plain) {
  return read({{"auth", base64_encode(plain)}});
}

std::string written(const Credentials& credentials, OrderedJson entry = nullptr) {
  write_entry(entry, credentials);
  return entry.dump();
}

TEST(CredentialEntry, EveryWayToSayWhoOneIs) {
  EXPECT_EQ(read({{"auth", "bWU6c2VjcmV0"}}), "me|secret||");
  EXPECT_EQ(read({{"username", "me"}, {"password", "secret"}}), "me|secret||");
  EXPECT_EQ(read({{"auth", "bWU6"}, {"identitytoken", "refresh"}}), "me||refresh|");
  EXPECT_EQ(read({{"identitytoken", "refresh"}}), "||refresh|");
  EXPECT_EQ(read({{"registrytoken", "bearer"}}), "|||bearer");
  EXPECT_EQ(read({{"username", "old"}, {"password", "old"}, {"auth", "bWU6c2VjcmV0"}}), "me|secret||");
}

TEST(CredentialEntry, OnlyTheFirstColonParts) {
  EXPECT_EQ(read_auth("me:a:b::c"), "me|a:b::c||");
  EXPECT_EQ(read_auth("me: spaced "), "me| spaced ||");
}

TEST(CredentialEntry, ThePaddingOfOldDockersGoes) {
  EXPECT_EQ(read_auth(std::string("me:secret\0\0\0", 12)), "me|secret||");
}

TEST(CredentialEntry, WithoutASecretThereIsNoLogin) {
  for (const OrderedJson& entry :
       {OrderedJson::object(), OrderedJson(nullptr), OrderedJson{{"username", "me"}}, OrderedJson{{"auth", ""}},
        OrderedJson{{"auth", nullptr}, {"email", "me@q.io"}}, OrderedJson{{"auth", "bWU6"}}}) {
    EXPECT_EQ(read(entry), "none") << entry;
  }
}

TEST(CredentialEntry, WhatIsMalformedIsNotQuoted) {
  const std::string no_base64 = "field 'auth': not the base64 of user:password";
  EXPECT_EQ(read({{"auth", "s3cret!!"}}), no_base64);
  EXPECT_EQ(read({{"auth", "bWU6c2VjcmV0\n"}}), no_base64);
  EXPECT_EQ(read_auth("no colon"), no_base64);
  EXPECT_EQ(read({{"password", 12345}}), "field 'password': expected a string, found number");
  EXPECT_EQ(read({{"identitytoken", {"s3cret"}}}), "field 'identitytoken': expected a string, found array");
  EXPECT_EQ(read("s3cret"), "expected an object, found string");
}

TEST(CredentialEntry, WrittenAsDockerDoes) {
  EXPECT_EQ(written({.username = "me", .password = Secret("secret")}), R"({"auth":"bWU6c2VjcmV0"})");
  EXPECT_EQ(written({.username = "me", .password = Secret("dropped"), .identity_token = Secret("refresh")}),
            R"({"auth":"bWU6","identitytoken":"refresh"})");
  EXPECT_EQ(written({.registry_token = Secret("bearer")}), R"({"registrytoken":"bearer"})");
}

TEST(CredentialEntry, WritingTakesTheOldLoginAway) {
  const OrderedJson old = {{"email", "me@q.io"},
                           {"username", "old"},
                           {"password", "old"},
                           {"identitytoken", "old"},
                           {"registrytoken", "old"}};
  EXPECT_EQ(written({.username = "me", .password = Secret("secret")}, old),
            R"({"email":"me@q.io","auth":"bWU6c2VjcmV0"})");
}

TEST(CredentialEntry, WhatIsWrittenIsRead) {
  for (const char* const password : {"p", "p:w", "\"\\\n\t", "пароль", "日本"}) {
    OrderedJson entry;
    write_entry(entry, {.username = "me", .password = Secret(password)});
    EXPECT_EQ(read(entry), "me|" + std::string(password) + "||");
  }
}

}  // namespace
}  // namespace nacre::registry
