#include "snapshot/fs_context.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "mount_support.h"
#include "snapshot/drivers.h"

namespace nacre::snapshot::test {
namespace {

using testing::HasSubstr;

class FsContextTest : public MountTest {};

TEST_F(FsContextTest, an_unknown_type_is_unsupported) {
  try {
    FsContext("nosuchfs");
    FAIL() << "opened";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::unsupported);
    EXPECT_THAT(error.message(), HasSubstr("nosuchfs"));
  }
}

TEST_F(FsContextTest, an_unknown_option_is_told_from_a_failure) {
  FsContext context("overlay");
  EXPECT_FALSE(context.try_set_path("no-such-option", "/"));
}

TEST_F(FsContextTest, a_damaged_image_is_refused_in_the_kernels_words) {
  write(path("image"), std::string(65536, 'x'));
  make("target");
  try {
    mount_erofs(path("image"), {}, path("target"));
    FAIL() << "mounted";
  } catch (const Error& error) {
    EXPECT_NE(error.sys_errno(), 0);
    EXPECT_THAT(error.message(), HasSubstr(path("image").native()));
    EXPECT_THAT(error.message(), HasSubstr("erofs"));
  }
}

}  // namespace
}  // namespace nacre::snapshot::test
