#include "cli/prompt.h"

#include <optional>

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

namespace nacre::cli {

namespace {

constexpr int cancel_milliseconds = 100;
constexpr std::size_t longest_line = 64 * 1024;

// Typing is not shown for as long as this lives.
class Silence {
 public:
  Silence() : active_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    active_ = active_ && ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  ~Silence() {
    if (active_) {
      ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
      show("\n");  // the one that was typed and not shown
    }
  }

  static void show(std::string_view text) noexcept {
    // A question that cannot be shown is one that nobody reads.
    if (::write(STDOUT_FILENO, text.data(), text.size()) < 0) {
      return;
    }
  }

 private:
  termios before_{};
  bool active_ = false;
};

char next_character(const CancelToken& cancel) {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  while (::poll(&input, 1, cancel_milliseconds) <= 0) {
    cancel.check();
  }
  char character = '\0';
  const ssize_t got = ::read(STDIN_FILENO, &character, 1);
  if (got < 0) {
    throw sys_error("read standard input");
  }
  return got == 0 ? '\0' : character;
}

}  // namespace

std::string ask(std::string_view question, Echo echo, const CancelToken& cancel) {
  Silence::show(question);
  std::optional<Silence> silence;
  if (echo == Echo::off) {
    silence.emplace();
  }
  std::string line;
  while (line.size() < longest_line) {
    const char character = next_character(cancel);
    if (character == '\0') {
      throw Error(Code::invalid_argument, "the input ended before a line was typed");
    }
    if (character == '\n') {
      break;
    }
    line += character;
  }
  if (line.ends_with('\r')) {
    line.pop_back();
  }
  return line;
}

}  // namespace nacre::cli
