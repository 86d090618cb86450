#include "runtime/signals.h"

#include <gtest/gtest.h>
#include <signal.h>

#include "errors.h"

namespace nacre::runtime::test {
namespace {

TEST(Signals, have_names_and_numbers) {
  for (const char* text : {"TERM", "SIGTERM", "term", "sigterm", "15"}) {
    EXPECT_EQ(parse_signal(text), SIGTERM) << text;
  }
  EXPECT_EQ(parse_signal("RTMIN"), SIGRTMIN);
  EXPECT_EQ(parse_signal("SIGRTMIN+3"), SIGRTMIN + 3);
  EXPECT_EQ(parse_signal("RTMAX-1"), SIGRTMAX - 1);
  for (const char* text : {"", "0", "-1", "65", "FOO", "SIG", "RTMIN+99", "RTMIN-1", "RTMAX+1", "15x"}) {
    EXPECT_EQ(error_of([&] { parse_signal(text); }), std::string("invalid signal: ") + text);
  }
}

TEST(Signals, are_shown_by_name) {
  EXPECT_EQ(signal_name(SIGKILL), "SIGKILL");
  EXPECT_EQ(signal_name(SIGCHLD), "SIGCHLD");
  EXPECT_EQ(signal_name(SIGRTMIN), "SIGRTMIN");
  EXPECT_EQ(signal_name(SIGRTMIN + 4), "SIGRTMIN+4");
  EXPECT_EQ(signal_name(99), "99");
  for (int number = 1; number < 32; ++number) {
    EXPECT_EQ(parse_signal(signal_name(number)), number);
  }
}

}  // namespace
}  // namespace nacre::runtime::test
