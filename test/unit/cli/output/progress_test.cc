#include "cli/output/progress.h"

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/output/progress_bar.h"

namespace nacre::cli {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

// A terminal that understands what Progress writes, and a clock that moves when told.
struct FakeTerminal {
  TerminalSize size{.columns = 80, .rows = 24};
  std::chrono::steady_clock::time_point now{std::chrono::hours(1)};
  std::string written;
  int writes = 0;

  ProgressScreen screen() {
    return {.write =
                [this](std::string_view text) {
                  written += text;
                  ++writes;
                },
            .size = [this] { return size; },
            .now = [this] { return now; }};
  }

  // What stands on the screen; the cursor must rest at the start of the line below.
  std::vector<std::string> lines() const {
    std::vector<std::string> lines{""};
    std::size_t row = 0;
    for (std::size_t i = 0; i < written.size(); ++i) {
      if (written[i] == '\033') {
        const std::size_t end = written.find_first_of("AKJ", i);
        if (written[end] == 'A') {
          row -= static_cast<std::size_t>(std::stoi(written.substr(i + 2, end - i - 2)));
        } else {
          lines[row].clear();
          lines.resize(written[end] == 'J' ? row + 1 : lines.size());
        }
        i = end;
      } else if (written[i] == '\n') {
        ++row;
        lines.resize(std::max(lines.size(), row + 1));
      } else if (written[i] != '\r') {
        lines[row] += written[i];
      }
    }
    EXPECT_EQ(row + 1, lines.size());
    EXPECT_EQ(lines.back(), "");
    lines.pop_back();
    return lines;
  }
};

TEST(ProgressBar, LooksLikeDockers) {
  EXPECT_EQ(progress_bar(5'865'000, 5'865'000, 0, 100),
            "[==================================================>]  5.865MB/5.865MB");
  EXPECT_EQ(progress_bar(0, 1000, 0, 100), "[>                                                  ]       0B/1kB");
  EXPECT_EQ(progress_bar(500, 1000, 0, 100), "[=========================>                         ]     500B/1kB");
}

TEST(ProgressBar, FitsWhereItMust) {
  EXPECT_EQ(progress_bar(500, 1000, 0, 30), "[=======>       ]     500B/1kB");
  EXPECT_EQ(progress_bar(500, 1000, 0, 20), "    500B/1kB");
  EXPECT_EQ(progress_bar(500, 1000, 0, 6), "    50");
  EXPECT_EQ(progress_bar(500, 1000, 0, -3), "");
}

TEST(ProgressBar, ShowsHowFastAndHowLong) {
  EXPECT_EQ(progress_bar(500, 1000, 100, 100),
            "[=========================>                         ]     500B/1kB  100B/s 5s");
  EXPECT_THAT(progress_bar(0, 1'000'000'000, 10'000'000, 120), testing::EndsWith("  10MB/s 1m40s"));
  EXPECT_THAT(progress_bar(0, 1'000'000'000, 100'000, 120), testing::EndsWith("  100kB/s 2h46m"));
  EXPECT_EQ(progress_bar(500, 1000, 100, 30), "[=======>       ]     500B/1kB");  // no room for it
  EXPECT_EQ(progress_bar(1000, 1000, 100, 100), progress_bar(1000, 1000, 0, 100));
}

TEST(ProgressBar, KnowsNoTotal) {
  EXPECT_EQ(progress_bar(1'500'000, 0, 0, 100), "   1.5MB");
  EXPECT_EQ(progress_bar(2000, 1000, 0, 100), "[==================================================>]      2kB");
}

TEST(Progress, DrawsALineForEachThing) {
  FakeTerminal terminal;
  {
    Progress progress(terminal.screen(), ProgressMode::terminal);
    progress.update("aaa", "Loading layer", 0, 100);
    terminal.now += milliseconds(100);
    progress.update("bbb", "Loading layer", 50, 100);
    EXPECT_THAT(terminal.lines(), testing::ElementsAre(HasSubstr("aaa: Loading layer [>"), HasSubstr("50B/100B")));
    progress.finish("aaa", "Loaded");
    progress.finish("bbb", "Loaded");
  }
  EXPECT_THAT(terminal.lines(), testing::ElementsAre("aaa: Loaded", "bbb: Loaded"));
}

TEST(Progress, DrawsAtMostTenTimesASecond) {
  FakeTerminal terminal;
  {
    Progress progress(terminal.screen(), ProgressMode::terminal);
    for (std::uint64_t i = 0; i < 1000; ++i) {
      progress.update("aaa", "Loading layer", i, 1000);
      terminal.now += milliseconds(1);
    }
    EXPECT_EQ(terminal.writes, 10);
  }
  EXPECT_EQ(terminal.writes, 11);  // what was left to draw
  EXPECT_THAT(terminal.lines().back(), HasSubstr("999B/1kB"));
}

TEST(Progress, TellsTheRateOfLate) {
  FakeTerminal terminal;
  terminal.size.columns = 120;
  Progress progress(terminal.screen(), ProgressMode::terminal);
  progress.update("abc", "Downloading", 0, 10'000'000);
  terminal.now += std::chrono::seconds(1);
  progress.update("abc", "Downloading", 1'000'000, 10'000'000);
  EXPECT_THAT(terminal.lines().at(0), HasSubstr("1MB/s 9s"));
  terminal.now += std::chrono::seconds(1);
  progress.update("abc", "Downloading", 1'000'000, 10'000'000);  // stalled
  EXPECT_THAT(terminal.lines().at(0), HasSubstr("700kB/s 13s"));
  progress.update("abc", "Extracting", 0, 10'000'000);
  terminal.now += std::chrono::seconds(1);
  progress.update("abc", "Extracting", 2'000'000, 10'000'000);
  EXPECT_THAT(terminal.lines().at(0), HasSubstr("2MB/s 4s"));
}

TEST(Progress, FinishedLinesScrollAway) {
  FakeTerminal terminal;
  terminal.size.rows = 5;
  Progress progress(terminal.screen(), ProgressMode::terminal);
  for (int i = 0; i < 10; ++i) {
    progress.update(std::to_string(i), "Loading layer", 1, 2);
  }
  terminal.now += milliseconds(100);
  progress.update("9", "Loading layer", 2, 2);
  EXPECT_EQ(terminal.lines().size(), 3U);
  EXPECT_EQ(terminal.lines().back(), "... and 8 more");
  for (int i = 0; i < 9; ++i) {
    terminal.now += milliseconds(100);
    progress.finish(std::to_string(i), "Loaded");
  }
  ASSERT_EQ(terminal.lines().size(), 10U);
  EXPECT_EQ(terminal.lines()[8], "8: Loaded");
  EXPECT_THAT(terminal.lines()[9], HasSubstr("9: Loading layer"));
}

TEST(Progress, NeverWraps) {
  FakeTerminal terminal;
  terminal.size.columns = 20;
  Progress progress(terminal.screen(), ProgressMode::terminal);
  progress.update("0123456789ab", "Loading layer", 1, 2);
  EXPECT_THAT(terminal.lines(), testing::ElementsAre("0123456789ab: Loadi"));
}

TEST(Progress, PlainTellsWhatIsDone) {
  FakeTerminal terminal;
  Progress progress(terminal.screen(), ProgressMode::plain);
  progress.update("aaa", "Loading layer", 1, 2);
  EXPECT_EQ(terminal.written, "");
  progress.finish("aaa", "Loaded");
  EXPECT_EQ(terminal.written, "aaa: Loaded\n");
}

TEST(Progress, QuietTellsNothing) {
  FakeTerminal terminal;
  {
    Progress progress(terminal.screen(), ProgressMode::quiet);
    progress.update("aaa", "Loading layer", 1, 2);
    progress.finish("aaa", "Loaded");
  }
  EXPECT_EQ(terminal.written, "");
}

TEST(Progress, JsonTellsEvents) {
  FakeTerminal terminal;
  Progress progress(terminal.screen(), ProgressMode::json);
  progress.update("aaa", "Loading layer", 1, 2);
  progress.update("aaa", "Loading layer", 2, 2);  // too soon after the first
  progress.update("bbb", "Loading layer", 1, 0);
  progress.finish("aaa", "Loaded");
  EXPECT_EQ(terminal.written,
            "{\"status\":\"Loading layer\",\"id\":\"aaa\",\"progressDetail\":{\"current\":1,\"total\":2}}\n"
            "{\"status\":\"Loading layer\",\"id\":\"bbb\",\"progressDetail\":{\"current\":1}}\n"
            "{\"status\":\"Loaded\",\"id\":\"aaa\"}\n");
}

TEST(Progress, TakesManyThreads) {
  FakeTerminal terminal;
  {
    Progress progress(terminal.screen(), ProgressMode::terminal);
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&progress, id = std::to_string(t)] {
        for (std::uint64_t i = 0; i < 100; ++i) {
          progress.update(id, "Loading layer", i, 100);
        }
        progress.finish(id, "Loaded");
      });
    }
  }
  EXPECT_EQ(terminal.lines().size(), 8U);
  EXPECT_THAT(terminal.lines(), testing::Each(HasSubstr(": Loaded")));
}

TEST(Progress, ADeadDescriptorIsNoError) {
  Progress progress(-1, ProgressMode::terminal);
  progress.update("aaa", "Loading layer", 1, 2);
  progress.finish("aaa", "Loaded");
}

}  // namespace
}  // namespace nacre::cli
