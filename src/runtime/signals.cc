#include "runtime/signals.h"

#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>
#include <signal.h>

#include "base/error.h"
#include "runtime/words.h"

namespace nacre::runtime {

namespace {

struct Named {
  std::string_view name;
  int number;
};

// Of several names of one number the first is the one that is shown.
constexpr std::array<Named, 34> named = {
    {{"ABRT", SIGABRT},     {"ALRM", SIGALRM},   {"BUS", SIGBUS},   {"CHLD", SIGCHLD}, {"CLD", SIGCHLD},
     {"CONT", SIGCONT},     {"FPE", SIGFPE},     {"HUP", SIGHUP},   {"ILL", SIGILL},   {"INT", SIGINT},
     {"IO", SIGIO},         {"IOT", SIGIOT},     {"KILL", SIGKILL}, {"PIPE", SIGPIPE}, {"POLL", SIGPOLL},
     {"PROF", SIGPROF},     {"PWR", SIGPWR},     {"QUIT", SIGQUIT}, {"SEGV", SIGSEGV}, {"STKFLT", SIGSTKFLT},
     {"STOP", SIGSTOP},     {"SYS", SIGSYS},     {"TERM", SIGTERM}, {"TRAP", SIGTRAP}, {"TSTP", SIGTSTP},
     {"TTIN", SIGTTIN},     {"TTOU", SIGTTOU},   {"URG", SIGURG},   {"USR1", SIGUSR1}, {"USR2", SIGUSR2},
     {"VTALRM", SIGVTALRM}, {"WINCH", SIGWINCH}, {"XCPU", SIGXCPU}, {"XFSZ", SIGXFSZ}}};

std::optional<int> parse_number(std::string_view text) {
  int number = 0;
  const auto [end, result] = std::from_chars(text.data(), text.data() + text.size(), number);
  return result == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

// "RTMIN", "RTMIN+3", "RTMAX-2"
std::optional<int> parse_real_time(std::string_view name) {
  const bool from_min = name.starts_with("RTMIN");
  if (!from_min && !name.starts_with("RTMAX")) {
    return std::nullopt;
  }
  const std::string_view rest = name.substr(5);
  if (rest.empty()) {
    return from_min ? SIGRTMIN : SIGRTMAX;
  }
  const auto offset = rest[0] == (from_min ? '+' : '-') ? parse_number(rest.substr(1)) : std::nullopt;
  if (!offset || *offset < 0 || *offset > SIGRTMAX - SIGRTMIN) {
    return std::nullopt;
  }
  return from_min ? SIGRTMIN + *offset : SIGRTMAX - *offset;
}

}  // namespace

int parse_signal(std::string_view text) {
  if (const auto number = parse_number(text); number && *number > 0 && *number <= SIGRTMAX) {
    return *number;
  }
  const std::string full = upper(text);
  std::string_view name = full;
  if (name.starts_with("SIG")) {
    name.remove_prefix(3);
  }
  for (const Named& known : named) {
    if (known.name == name) {
      return known.number;
    }
  }
  if (const auto number = parse_real_time(name)) {
    return *number;
  }
  throw Error(Code::invalid_argument, fmt::format("invalid signal: {}", text));
}

std::string signal_name(int number) {
  for (const Named& known : named) {
    if (known.number == number) {
      return fmt::format("SIG{}", known.name);
    }
  }
  if (number >= SIGRTMIN && number <= SIGRTMAX) {
    return number == SIGRTMIN ? "SIGRTMIN" : fmt::format("SIGRTMIN+{}", number - SIGRTMIN);
  }
  return fmt::format("{}", number);
}

}  // namespace nacre::runtime
