#include "registry/server_error.h"

#include <gtest/gtest.h>

namespace nacre::registry {
namespace {

TEST(ServerError, SaysWhatTheRegistrySays) {
  EXPECT_EQ(describe_errors(404, R"({"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]})"),
            "manifest unknown");
  EXPECT_EQ(describe_errors(403, R"({"errors":[{"code":"DENIED","message":"requested access is denied"}]})"),
            "denied: requested access is denied");
  EXPECT_EQ(describe_errors(401, R"({"details":"incorrect username or password"})"), "incorrect username or password");
}

TEST(ServerError, SaysTheStatusWhereTheBodySaysNothing) {
  for (const char* const body :
       {"", "<html>", "[]", "{}", R"({"errors":[]})", R"({"errors":[1]})", R"({"errors":1})"}) {
    EXPECT_EQ(describe_errors(503, body), "the server is not available (HTTP status 503)") << body;
  }
  EXPECT_EQ(describe_errors(418, ""), "an answer that was not expected (HTTP status 418)");
}

TEST(ServerError, WhatItSaysIsFitForATerminal) {
  EXPECT_EQ(describe_errors(400, R"({"message":"\u001b[2J"})"), "\\x1b[2J");
}

}  // namespace
}  // namespace nacre::registry
