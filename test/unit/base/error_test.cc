#include "base/error.h"

#include <gtest/gtest.h>

namespace nacre {
namespace {

TEST(Error, ContextIsPrepended) {
  Error error(Code::corrupt, "wrong digest");
  error.add_context("layer x").add_context("load app.tar");
  EXPECT_STREQ(error.what(), "load app.tar: layer x: wrong digest");
  EXPECT_EQ(error.code(), Code::corrupt);
}

TEST(Error, SystemErrorNamesActionObjectAndCause) {
  errno = ENOENT;
  const Error error = sys_error("open", "/x");
  EXPECT_STREQ(error.what(), "open '/x': no such file or directory");
  EXPECT_EQ(error.code(), Code::not_found);
  EXPECT_EQ(error.sys_errno(), ENOENT);
}

TEST(Error, FullDisksHaveACodeOfTheirOwn) {
  EXPECT_EQ(code_of_errno(ENOSPC), Code::no_space);
  EXPECT_EQ(code_of_errno(EDQUOT), Code::no_space);
  EXPECT_EQ(code_of_errno(EROFS), Code::permission_denied);
  EXPECT_EQ(code_of_errno(EIO), Code::io);
}

TEST(Error, WithContextAsksForTheContextOnFailureOnly) {
  int asked = 0;
  const auto context = [&] {
    ++asked;
    return std::string("pull x");
  };
  EXPECT_EQ(with_context(context, [] { return 7; }), 7);
  EXPECT_EQ(asked, 0);
  try {
    with_context(context, []() -> int { throw Error(Code::io, "read failed", EIO); });
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "pull x: read failed");
    EXPECT_EQ(error.sys_errno(), EIO);
  }
  EXPECT_EQ(asked, 1);
}

TEST(Error, InternalErrorsExitDifferently) {
  EXPECT_EQ(exit_status(Code::not_found), 1);
  EXPECT_NE(exit_status(Code::internal), 1);
}

}  // namespace
}  // namespace nacre
