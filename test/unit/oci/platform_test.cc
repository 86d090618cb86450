#include "oci/platform.h"

#include <gtest/gtest.h>
#include <sys/utsname.h>

#include "test/unit/oci/errors.h"

namespace nacre::oci {
namespace {

TEST(Platform, ParsesAndNormalises) {
  struct Case {
    std::string_view text;
    std::string_view normal;
  };
  constexpr Case cases[] = {
      {"linux/arm64", "linux/arm64"},
      {"linux/arm64/v8", "linux/arm64"},
      {"linux/arm64/8", "linux/arm64"},
      {"linux/arm64/v8.0", "linux/arm64"},
      {"linux/arm64/v9.0", "linux/arm64/v9"},
      {"linux/aarch64", "linux/arm64"},
      {"linux/arm", "linux/arm/v7"},
      {"linux/arm/7", "linux/arm/v7"},
      {"linux/arm/6", "linux/arm/v6"},
      {"linux/arm/v6", "linux/arm/v6"},
      {"linux/arm/V5", "linux/arm/v5"},
      {"linux/armhf", "linux/arm/v7"},
      {"linux/armel", "linux/arm/v6"},
      {"arm", "linux/arm/v7"},
      {"armel", "linux/arm/v6"},
      {"Aarch64", "linux/arm64"},
      {"x86_64", "linux/amd64"},
      {"x86-64", "linux/amd64"},
      {"amd64", "linux/amd64"},
      {"Linux/x86_64", "linux/amd64"},
      {"linux/amd64/v1", "linux/amd64"},
      {"linux/amd64/v3", "linux/amd64/v3"},
      {"i386", "linux/386"},
      {"linux/i386/v7", "linux/386"},
      {"s390x", "linux/s390x"},
      {"linux/riscv64", "linux/riscv64"},
      {"macOS/arm64", "darwin/arm64"},
      {"windows/amd64", "windows/amd64"},
      {"plan10/z80", "plan10/z80"},
  };
  for (const Case& c : cases) {
    const Platform platform = Platform::parse(c.text);
    EXPECT_EQ(platform.str(), c.normal) << c.text;
    EXPECT_EQ(Platform::parse(platform.str()), platform) << c.text;
    EXPECT_EQ(platform.normalized(), platform) << c.text;
  }
}

TEST(Platform, AnOperatingSystemAloneIsTheHostsProcessor) {
  const Platform host = Platform::host();
  EXPECT_EQ(Platform::parse("linux"), host);
  const Platform mac = Platform::parse("macos");
  EXPECT_EQ(mac.os, "darwin");
  EXPECT_EQ(mac.architecture, host.architecture);
}

TEST(Platform, RefusesWhatIsNoPlatform) {
  for (const char* text : {"", "/", "/linux/arm", "linux/arm/", "linux//v7", "linux /arm", "linux/&arm",
                           "linux/arm/foo/bar", "linux/arm/v7/", "*", "linux/*", "linux/arm\n"}) {
    EXPECT_TRUE(error_of([&] {
                  Platform::parse(text);
                }).ends_with("expected os, architecture, os/architecture or os/architecture/variant"))
        << text;
  }
  EXPECT_EQ(error_of([] { Platform::parse("toaster"); }),
            "invalid: platform 'toaster': unknown operating system or architecture");
}

TEST(Platform, OfAMachine) {
  struct Case {
    std::string_view machine;
    std::string_view platform;
  };
  constexpr Case cases[] = {
      {"x86_64", "linux/amd64"},  {"i686", "linux/386"},        {"i386", "linux/386"},
      {"aarch64", "linux/arm64"}, {"armv8l", "linux/arm/v8"},   {"armv7l", "linux/arm/v7"},
      {"armv6l", "linux/arm/v6"}, {"armv5tel", "linux/arm/v5"}, {"ppc64le", "linux/ppc64le"},
      {"s390x", "linux/s390x"},   {"riscv64", "linux/riscv64"}, {"loongarch64", "linux/loong64"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Platform::of_machine(c.machine).str(), c.platform);
  }
}

TEST(Platform, HostIsWhatUnameSays) {
  utsname names{};
  ASSERT_EQ(::uname(&names), 0);
  EXPECT_EQ(Platform::host(), Platform::of_machine(names.machine));
  EXPECT_EQ(Platform::host().normalized(), Platform::host());
}

TEST(Platform, ReadsAndWritesItsFieldsAsTheyStand) {
  const std::string text =
      R"({"architecture":"ARM64","os":"windows","os.version":"10.0.17763.1","os.features":["win32k"],"variant":"v8"})";
  const Platform platform = Platform::from_json(parse_json(text));
  EXPECT_EQ(platform, (Platform{"windows", "ARM64", "v8", "10.0.17763.1", {"win32k"}}));
  EXPECT_EQ(to_go_json(platform.to_json()), text);
  EXPECT_EQ(platform.normalized().str(), "windows/arm64");
  EXPECT_EQ(platform.normalized().os_version, "10.0.17763.1");

  const Platform none = Platform::from_json(parse_json("{}"));
  EXPECT_EQ(none, Platform{});
  EXPECT_EQ(none.str(), "unknown");
  EXPECT_EQ(to_go_json(none.to_json()), R"({"architecture":"","os":""})");
}

TEST(Platform, NamesTheFieldThatIsOff) {
  EXPECT_EQ(error_of([] { Platform::from_json(parse_json(R"({"os": 1})")); }),
            "corrupt: field 'os': expected a string, found number");
  EXPECT_EQ(error_of([] { Platform::from_json(parse_json(R"({"os.features": "x"})")); }),
            "corrupt: field 'os.features': expected an array of strings, found string");
}

std::optional<int> distance(std::string_view wanted, std::string_view offered) {
  return platform_distance(Platform::parse(wanted), Platform::parse(offered));
}

// Offered platforms from best to worst; each must be further than the one before.
void expect_order(std::string_view wanted, const std::vector<std::string_view>& offers) {
  int last = -1;
  for (const std::string_view offered : offers) {
    const std::optional<int> found = distance(wanted, offered);
    ASSERT_TRUE(found) << wanted << " for " << offered;
    EXPECT_GT(*found, last) << wanted << " for " << offered;
    last = *found;
  }
  EXPECT_EQ(distance(wanted, offers.front()), 0);
}

TEST(PlatformDistance, PrefersTheNewestThatRuns) {
  expect_order("linux/amd64", {"linux/amd64", "linux/386"});
  expect_order("linux/amd64/v4", {"linux/amd64/v4", "linux/amd64/v3", "linux/amd64/v2", "linux/amd64", "linux/386"});
  expect_order("linux/386", {"linux/386"});
  expect_order("linux/arm/v8", {"linux/arm/v8", "linux/arm/v7", "linux/arm/v6", "linux/arm/v5"});
  expect_order("linux/arm/v7", {"linux/arm", "linux/arm/v6", "linux/arm/v5"});
  expect_order("linux/arm/v4", {"linux/arm/v4"});
  expect_order("linux/arm64", {"linux/arm64/v8", "linux/arm/v8", "linux/arm/v7", "linux/arm/v6", "linux/arm/v5"});
  expect_order("linux/arm64/v8.2", {"linux/arm64/v8.2", "linux/arm64/v8.1", "linux/arm64", "linux/arm/v8"});
  expect_order("linux/arm64/v9", {"linux/arm64/v9.0", "linux/arm64/v8.5", "linux/arm64/v8.4", "linux/arm64/v8.3",
                                  "linux/arm64/v8.2", "linux/arm64/v8.1", "linux/arm64", "linux/arm/v8"});
  expect_order("linux/arm64/v9.2", {"linux/arm64/v9.2", "linux/arm64/v9.1", "linux/arm64/v9", "linux/arm64/v8.7",
                                    "linux/arm64/v8.6", "linux/arm64/v8", "linux/arm/v7"});
}

TEST(PlatformDistance, RefusesWhatDoesNotRun) {
  struct Case {
    std::string_view wanted;
    std::vector<std::string_view> refused;
  };
  const std::vector<Case> cases = {
      {"linux/amd64", {"linux/amd64/v2", "linux/arm/v7", "linux/arm64", "windows/amd64", "windows/arm"}},
      {"linux/amd64/v2", {"linux/amd64/v3", "linux/amd64/v4", "linux/arm64"}},
      {"linux/386", {"linux/amd64", "windows/amd64"}},
      {"linux/arm/v8", {"linux/arm/v4", "linux/arm64"}},
      {"linux/arm/v7", {"linux/arm/v4", "linux/arm/v8"}},
      {"linux/arm/v6", {"linux/arm", "linux/arm/v7"}},
      {"linux/arm/v5", {"linux/arm/v6", "linux/arm/v4"}},
      {"linux/arm/v4", {"linux/arm/v5"}},
      {"linux/arm64/v9", {"linux/arm/v4", "linux/arm64/v8.6", "linux/arm64/v9.1", "linux/amd64"}},
      {"linux/arm64/v8.1", {"linux/arm64/v9", "linux/arm/v9", "linux/arm64/v8.2"}},
      {"linux/arm64", {"linux/arm64/v9", "linux/arm/v9", "linux/arm64/v8.1"}},
      {"linux/riscv64", {"linux/amd64", "linux/riscv64/rva22u64"}},
  };
  for (const Case& c : cases) {
    for (const std::string_view offered : c.refused) {
      EXPECT_EQ(distance(c.wanted, offered), std::nullopt) << c.wanted << " for " << offered;
    }
  }
}

TEST(PlatformDistance, ComparesNormalisedForms) {
  const Platform wanted{"Linux", "x86_64", "", "", {}};
  EXPECT_EQ(platform_distance(wanted, {"linux", "amd64", "v1", "6.1", {"f"}}), 0);
  EXPECT_EQ(platform_distance(wanted, {"", "AMD64", "", "", {}}), 0);
  EXPECT_EQ(platform_distance(wanted, {"unknown", "unknown", "", "", {}}), std::nullopt);
}

}  // namespace
}  // namespace nacre::oci
