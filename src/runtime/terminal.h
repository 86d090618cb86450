// The user's terminal, and the container's.
#pragma once

#include <optional>

#include <termios.h>

#include "base/fd.h"
#include "base/file.h"
#include "runtime/spec.h"

namespace nacre::runtime {

bool is_terminal(int stream) noexcept;
std::optional<TerminalSize> terminal_size(int stream) noexcept;
void set_terminal_size(int stream, const TerminalSize& size) noexcept;

// What a terminal was set to; restore() puts it back, as often as wanted.
class TerminalState {
 public:
  explicit TerminalState(int stream);
  void restore() const noexcept;
  const termios& saved() const noexcept { return saved_; }
  int stream() const noexcept { return stream_; }

 private:
  int stream_;
  termios saved_{};
};

// Passes every key on as it is typed (raw mode) for as long as this lives; restores what was before.
class RawMode {
 public:
  explicit RawMode(int stream);
  RawMode(const RawMode&) = delete;
  RawMode& operator=(const RawMode&) = delete;
  ~RawMode() { state_.restore(); }

 private:
  TerminalState state_;
};

// Where the runtime sends the master of a container's terminal (runc's docs/terminals.md). The socket's file goes on
// destruction.
class ConsoleSocket {
 public:
  explicit ConsoleSocket(fs::path path);  // at most 107 bytes long
  ConsoleSocket(const ConsoleSocket&) = delete;
  ConsoleSocket& operator=(const ConsoleSocket&) = delete;
  ~ConsoleSocket();

  const fs::path& path() const noexcept { return path_; }
  // Call once the runtime has created the container.
  Fd receive_master();

 private:
  fs::path path_;
  Fd socket_;
};

}  // namespace nacre::runtime
