#include "cli/context.h"

#include <cstdlib>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "base/temp.h"

namespace nacre::cli {
namespace {

// Environment variables as a test wants them; as they were when it ends.
class Environment {
 public:
  Environment() = default;
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() {
    for (const auto& [name, value] : before_) {
      put(name, value);
    }
  }
  void set(const std::string& name, const std::optional<std::string>& value) {
    const char* const old = std::getenv(name.c_str());
    before_.emplace(before_.begin(), name, old != nullptr ? std::optional<std::string>(old) : std::nullopt);
    put(name, value);
  }

 private:
  static void put(const std::string& name, const std::optional<std::string>& value) {
    if (value) {
      ::setenv(name.c_str(), value->c_str(), 1);
    } else {
      ::unsetenv(name.c_str());
    }
  }
  std::vector<std::pair<std::string, std::optional<std::string>>> before_;
};

TEST(DefaultRoot, IsWhatTheEnvironmentSays) {
  Environment environment;
  environment.set("NACRE_ROOT", "/some/where");
  EXPECT_EQ(default_root(), "/some/where");
  environment.set("NACRE_ROOT", "");
  EXPECT_NE(default_root(), "");
}

TEST(DefaultRoot, IsOnesOwn) {
  Environment environment;
  environment.set("NACRE_ROOT", std::nullopt);
  environment.set("HOME", "/home/me");
  environment.set("XDG_DATA_HOME", "/data/me");
  const bool root = ::geteuid() == 0;
  EXPECT_EQ(default_root(), root ? "/var/lib/nacre" : "/data/me/nacre");
  environment.set("XDG_DATA_HOME", std::nullopt);
  EXPECT_EQ(default_root(), root ? "/var/lib/nacre" : "/home/me/.local/share/nacre");
}

TEST(DefaultDriver, IsNothingUnlessTheEnvironmentSays) {
  Environment environment;
  environment.set("NACRE_DRIVER", std::nullopt);
  EXPECT_EQ(default_driver(), std::nullopt);
  environment.set("NACRE_DRIVER", "");
  EXPECT_EQ(default_driver(), std::nullopt);
  environment.set("NACRE_DRIVER", "extract");
  EXPECT_EQ(default_driver(), "extract");
}

class ContextTest : public testing::Test {
 protected:
  TempDir directory_{fs::exists("/dev/shm") ? "/dev/shm" : fs::temp_directory_path(), "nacre-context-test-"};
  std::string root_ = directory_.path() / "root";
};

TEST_F(ContextTest, TheStoreIsOpenedWhenItIsNeeded) {
  Context context({.root = root_, .driver = {}}, {});
  EXPECT_FALSE(fs::exists(root_));
  EXPECT_TRUE(context.store().images().empty());
  EXPECT_TRUE(fs::exists(context.store().layout().database()));
  EXPECT_EQ(&context.store(), &context.store());
}

TEST_F(ContextTest, ADriverThatIsAskedForIsNotTried) {
  Context context({.root = root_, .driver = "extract"}, {});
  EXPECT_EQ(context.driver().name, snapshot::DriverName::extract);
  EXPECT_EQ(context.driver().reason, "asked for");
  EXPECT_FALSE(fs::exists(root_));
}

TEST_F(ContextTest, AnUnknownDriverIsAnError) {
  Context context({.root = root_, .driver = "overlay2"}, {});
  try {
    context.snapshotter();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::invalid_argument);
    EXPECT_STREQ(error.what(), "unknown driver 'overlay2': use erofs or extract");
  }
}

TEST_F(ContextTest, PrintsToBothStreams) {
  Context context({.root = root_, .driver = {}}, {});
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  context.print(std::string_view("out\0\n", 5));
  context.print_error("error\n");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), std::string("out\0\n", 5));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "error\n");
}

}  // namespace
}  // namespace nacre::cli
