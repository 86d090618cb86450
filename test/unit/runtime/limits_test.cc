#include "runtime/limits.h"

#include <gtest/gtest.h>

#include "errors.h"

namespace nacre::runtime::test {
namespace {

TEST(Ulimit, is_soft_and_hard) {
  EXPECT_EQ(parse_ulimit("nofile=1024:2048"), (Ulimit{"nofile", 1024, 2048}));
  EXPECT_EQ(parse_ulimit("core=0"), (Ulimit{"core", 0, 0}));
  EXPECT_EQ(parse_ulimit("memlock=-1:-1"), (Ulimit{"memlock", -1, -1}));
  EXPECT_EQ(parse_ulimit("nproc=5:-1"), (Ulimit{"nproc", 5, -1}));
  EXPECT_EQ(parse_ulimit("nofile=1").rlimit_name(), "RLIMIT_NOFILE");
}

// The texts are docker's, taken from its CLI 28.2.
TEST(Ulimit, errors_are_dockers) {
  EXPECT_EQ(error_of([] { parse_ulimit("nofile=5:3"); }),
            "ulimit soft limit must be less than or equal to hard limit: 5 > 3");
  EXPECT_EQ(error_of([] { parse_ulimit("foo=3"); }), "invalid ulimit type: foo");
  EXPECT_EQ(error_of([] { parse_ulimit("nofile"); }), "invalid ulimit argument: nofile");
  EXPECT_EQ(error_of([] { parse_ulimit("nofile=1:2:3"); }),
            "too many limit value arguments - 1:2:3, can only have up to two, `soft[:hard]`");
  EXPECT_EQ(error_of([] { parse_ulimit("nofile=a"); }), "strconv.ParseInt: parsing \"a\": invalid syntax");
  EXPECT_EQ(error_of([] { parse_ulimit("nofile=99999999999999999999"); }),
            "strconv.ParseInt: parsing \"99999999999999999999\": value out of range");
  EXPECT_NE(error_of([] { parse_ulimit("nofile=-1:5"); }), "no error");
}

TEST(MemorySize, has_binary_units) {
  EXPECT_EQ(parse_memory_size("0"), 0U);
  EXPECT_EQ(parse_memory_size("1024"), 1024U);
  EXPECT_EQ(parse_memory_size("32b"), 32U);
  EXPECT_EQ(parse_memory_size("512m"), 512ULL << 20);
  EXPECT_EQ(parse_memory_size("512MB"), 512ULL << 20);
  EXPECT_EQ(parse_memory_size("64MiB"), 64ULL << 20);
  EXPECT_EQ(parse_memory_size("1.5g"), 3ULL << 29);
  EXPECT_EQ(parse_memory_size("2 k"), 2048U);
  EXPECT_EQ(parse_memory_size("1t"), 1ULL << 40);
  EXPECT_EQ(parse_memory_size("8191p"), 8191ULL << 50);
}

TEST(MemorySize, errors_are_dockers) {
  EXPECT_EQ(error_of([] { parse_memory_size("zz"); }), "invalid size: 'zz'");
  EXPECT_EQ(error_of([] { parse_memory_size("5x"); }), "invalid suffix: 'x'");
  EXPECT_EQ(error_of([] { parse_memory_size("-1"); }), "invalid size: '-1'");
  EXPECT_EQ(error_of([] { parse_memory_size(""); }), "invalid size: ''");
  EXPECT_EQ(error_of([] { parse_memory_size("1.2.3m"); }), "invalid size: '1.2.3m'");
  EXPECT_EQ(error_of([] { parse_memory_size("9000p"); }), "invalid size: '9000p'");
  EXPECT_EQ(error_of([] { parse_memory_size("99999999999999999999"); }), "invalid size: '99999999999999999999'");
  EXPECT_NE(error_of([] { parse_memory_size("1mm"); }), "no error");
  EXPECT_NE(error_of([] { parse_memory_size("."); }), "no error");
}

TEST(Cpus, are_counted_in_billionths) {
  EXPECT_EQ(parse_cpus("1.5"), 1'500'000'000);
  EXPECT_EQ(parse_cpus("0.000000001"), 1);
  EXPECT_EQ(parse_cpus("3/2"), 1'500'000'000);
  EXPECT_EQ(parse_cpus("-1"), -1'000'000'000);
  EXPECT_EQ(parse_cpus("2."), 2'000'000'000);
}

TEST(Cpus, errors_are_dockers) {
  EXPECT_EQ(error_of([] { parse_cpus("abc"); }), "failed to parse abc as a rational number");
  EXPECT_EQ(error_of([] { parse_cpus("1.00000000001"); }), "value is too precise");
  EXPECT_EQ(error_of([] { parse_cpus("1/3"); }), "value is too precise");
  EXPECT_EQ(error_of([] { parse_cpus("1/0"); }), "failed to parse 1/0 as a rational number");
  EXPECT_EQ(error_of([] { parse_cpus("99999999999999"); }), "failed to parse 99999999999999 as a rational number");
}

TEST(Bounds, are_dockers) {
  EXPECT_EQ(error_of([] { check_memory_limit(1 << 20); }), "minimum memory limit allowed is 6MB");
  EXPECT_EQ(error_of([] { check_memory_limit(6 << 20); }), "no error");
  EXPECT_EQ(error_of([] { check_memory_limit(0); }), "no error");
  EXPECT_EQ(error_of([] { check_cpus(9'000'000'000, 2); }),
            "range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available");
  EXPECT_NE(error_of([] { check_cpus(1'000'000, 2); }), "no error");
  EXPECT_EQ(error_of([] { check_cpus(2'000'000'000, 2); }), "no error");
  EXPECT_NE(error_of([] { check_cpus(-1, 2); }), "no error");
}

}  // namespace
}  // namespace nacre::runtime::test
