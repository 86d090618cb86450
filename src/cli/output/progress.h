// Progress of several things at once.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.h"
#include "cli/output/text.h"

namespace nacre::cli {

// terminal: a line each with a bar, redrawn in place. plain: nothing until a thing is done, then a line. json: an
// object a line for each event, as docker's API streams them. quiet: nothing.
enum class ProgressMode { terminal, plain, json, quiet };

// Where progress goes and what time it is there; of its own so that tests can stand in for a terminal.
struct ProgressScreen {
  std::function<void(std::string_view)> write;
  std::function<TerminalSize()> size;
  std::function<std::chrono::steady_clock::time_point()> now;

  // descriptor: stays open as long as the screen is used. What cannot be written is dropped: a bar that cannot be drawn
  // is no reason to fail.
  static ProgressScreen on(int descriptor);
};

// Thread-safe, and cheap to call for every block read: redraws at most ten times a second. The cursor always rests at
// the start of the line below the last one, so whatever is printed next, or a signal, finds the terminal in order.
// Lines that can no longer change scroll away upwards; of those that can, a screen shows as many as fit.
class Progress {
 public:
  // descriptor: where it is drawn; stays open as long as this lives.
  Progress(int descriptor, ProgressMode mode) : Progress(ProgressScreen::on(descriptor), mode) {}
  Progress(ProgressScreen screen, ProgressMode mode) : screen_(std::move(screen)), mode_(mode) {}
  // Draws what is left to draw.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // The thing with this id (a short digest) is at `done` of `total` bytes; total 0: not known.
  void update(std::string_view id, std::string_view action, std::uint64_t done, std::uint64_t total);
  // It is done. text takes the place of the action and the bar.
  void finish(std::string_view id, std::string_view text);

 private:
  struct Line {
    std::string id;
    std::string action;
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    bool finished = false;
    double rate = 0;                 // bytes per second, of late; 0: not known yet
    std::uint64_t sampled_done = 0;  // when the rate was last looked at
    std::chrono::steady_clock::time_point sampled{};
  };
  struct State {
    std::vector<Line> lines;  // those that may still change, and finished ones between them
    std::size_t drawn = 0;    // lines on the screen above the cursor that the next drawing replaces
    bool pending = false;     // something has changed since the last drawing
    std::chrono::steady_clock::time_point last_draw{};
  };

  static Line& line_of(State& state, std::string_view id);
  void take_rate(Line& line, bool begins) const;
  bool may_draw(const State& state) const;
  void draw(State& state) const;
  void report(const Line& line) const;

  ProgressScreen screen_;
  ProgressMode mode_;
  Guarded<State> state_;
};

}  // namespace nacre::cli
