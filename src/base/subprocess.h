// Child processes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/fd.h"

namespace nacre {

// How a process ended.
struct ExitStatus {
  int code = 0;    // exit code, when signal is 0
  int signal = 0;  // the signal that killed it, or 0
  // As a shell reports it: the code, or 128 + signal.
  int shell_code() const noexcept { return signal != 0 ? 128 + signal : code; }
};

struct Command {
  std::vector<std::string> argv;                        // argv[0] is looked up in PATH
  std::optional<std::vector<std::string>> environment;  // "NAME=value"; nothing: inherited
  int standard_input = -1;                              // -1: /dev/null
  int standard_output = -1;                             // -1: inherited
  int standard_error = -1;                              // -1: inherited
  std::vector<int> keep_open;                           // descriptors the child keeps under the same numbers
  bool die_with_parent = false;                         // the child is killed when the thread that started it ends
};

// A running child: move-only; destruction kills (SIGKILL) and reaps one that was not waited for.
class Child {
 public:
  static Child spawn(const Command& command);  // throws Error (not_found when the program is missing)
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  ~Child();

  pid_t pid() const noexcept { return pid_; }
  void signal(int number) const;  // a child that is gone is fine
  ExitStatus wait();              // call at most once
  // Returns nothing while it runs.
  std::optional<ExitStatus> poll();

 private:
  explicit Child(pid_t pid) : pid_(pid) {}
  pid_t pid_;
};

struct CapturedOutput {
  ExitStatus status;
  std::string output;  // at most 1 MiB is kept
  std::string error;   // at most 64 KiB is kept
};
// Runs a program to its end with its output captured.
CapturedOutput run_captured(Command command);

// The full path of a program in PATH, if there is one.
std::optional<std::string> find_program(std::string_view name);

}  // namespace nacre
