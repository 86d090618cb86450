#include "cli/output/progress.h"

#include <algorithm>

#include <fmt/format.h>
#include <unistd.h>

#include "cli/output/progress_bar.h"
#include "cli/output/unicode.h"
#include "oci/json.h"

namespace nacre::cli {
namespace {

constexpr auto redraw_interval = std::chrono::milliseconds(100);
constexpr auto sample_interval = std::chrono::milliseconds(500);
constexpr double newest_share = 0.3;  // of a rate: smooth enough to read, quick enough to show a stall

void write_or_drop(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written <= 0) {
      return;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

ProgressScreen ProgressScreen::on(int descriptor) {
  return {.write = [descriptor](std::string_view text) { write_or_drop(descriptor, text); },
          .size = [descriptor] { return terminal_size(descriptor); },
          .now = [] { return std::chrono::steady_clock::now(); }};
}

Progress::~Progress() {
  const auto state = state_.lock();
  if (mode_ == ProgressMode::terminal && state->pending) {
    draw(*state);
  }
}

Progress::Line& Progress::line_of(State& state, std::string_view id) {
  const auto found = std::ranges::find_if(state.lines, [&](const Line& line) { return line.id == id; });
  if (found != state.lines.end()) {
    return *found;
  }
  Line& line = state.lines.emplace_back();
  line.id = id;
  return line;
}

void Progress::take_rate(Line& line, bool begins) const {
  const auto now = screen_.now();
  if (begins || line.done < line.sampled_done) {
    line.rate = 0;
  } else if (now - line.sampled < sample_interval) {
    return;
  } else {
    const std::chrono::duration<double> elapsed = now - line.sampled;
    const double newest = static_cast<double>(line.done - line.sampled_done) / elapsed.count();
    line.rate = line.rate < 1 ? newest : newest_share * newest + (1 - newest_share) * line.rate;
  }
  line.sampled = now;
  line.sampled_done = line.done;
}

bool Progress::may_draw(const State& state) const {
  return screen_.now() - state.last_draw >= redraw_interval;
}

void Progress::update(std::string_view id, std::string_view action, std::uint64_t done, std::uint64_t total) {
  if (mode_ == ProgressMode::quiet || mode_ == ProgressMode::plain) {
    return;
  }
  const auto state = state_.lock();
  Line& line = line_of(*state, id);
  const bool begins = line.action != action;
  line.action = action;
  line.done = done;
  line.total = total;
  take_rate(line, begins);
  state->pending = true;
  if (mode_ == ProgressMode::json) {
    if (begins || may_draw(*state)) {
      report(line);
      state->last_draw = screen_.now();
    }
  } else if (may_draw(*state)) {
    draw(*state);
  }
}

void Progress::finish(std::string_view id, std::string_view text) {
  if (mode_ == ProgressMode::quiet) {
    return;
  }
  const auto state = state_.lock();
  Line& line = line_of(*state, id);
  line.action = text;
  line.finished = true;
  state->pending = true;
  if (mode_ != ProgressMode::terminal) {
    report(line);
    std::erase_if(state->lines, [&](const Line& other) { return other.id == id; });
    return;
  }
  const bool all_finished = std::ranges::all_of(state->lines, [](const Line& l) { return l.finished; });
  if (all_finished || may_draw(*state)) {
    draw(*state);
  }
}

// Moves up over what is on the screen and writes every line anew, in one write so that nothing comes between.
void Progress::draw(State& state) const {
  const TerminalSize size = screen_.size();
  std::string text = state.drawn > 0 ? fmt::format("\033[{}A", state.drawn) : "";
  const auto append = [&](std::string_view line) {
    text += "\r\033[K";
    text += fit_columns(line, size.columns - 1);  // the last column would wrap on some terminals
    text += '\n';
  };
  // Finished lines above all others are written a last time and forgotten.
  const auto first_live = std::ranges::find_if(state.lines, [](const Line& l) { return !l.finished; });
  for (auto line = state.lines.begin(); line != first_live; ++line) {
    append(fmt::format("{}: {}", line->id, line->action));
  }
  state.lines.erase(state.lines.begin(), first_live);
  const auto room = static_cast<std::size_t>(std::max(size.rows - 2, 1));
  const bool too_many = state.lines.size() > room;
  const std::size_t shown = too_many ? room - 1 : state.lines.size();
  for (std::size_t i = 0; i < shown; ++i) {
    const Line& line = state.lines[i];
    std::string start = fmt::format("{}: {}", line.id, line.action);
    if (!line.finished) {
      start += ' ';
      start +=
          progress_bar(line.done, line.total, line.rate, size.columns - 1 - static_cast<int>(display_width(start)));
    }
    append(start);
  }
  if (too_many) {
    append(fmt::format("... and {} more", state.lines.size() - shown));
  }
  state.drawn = shown + (too_many ? 1 : 0);
  text += "\033[J";  // what an earlier drawing left further down
  state.last_draw = screen_.now();
  state.pending = false;
  screen_.write(text);
}

// One line for programs and logs.
void Progress::report(const Line& line) const {
  if (mode_ == ProgressMode::plain) {
    screen_.write(fmt::format("{}: {}\n", line.id, line.action));
    return;
  }
  oci::OrderedJson event = {{"status", line.action}, {"id", line.id}};
  if (!line.finished) {
    event["progressDetail"] = {{"current", line.done}};
    if (line.total != 0) {
      event["progressDetail"]["total"] = line.total;
    }
  }
  screen_.write(oci::to_go_json(event, oci::GoHtml::keep) + "\n");
}

}  // namespace nacre::cli
