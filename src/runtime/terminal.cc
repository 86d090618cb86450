#include "runtime/terminal.h"

#include <array>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"

namespace nacre::runtime {

bool is_terminal(int stream) noexcept {
  return ::isatty(stream) == 1;
}

std::optional<TerminalSize> terminal_size(int stream) noexcept {
  winsize size{};
  if (::ioctl(stream, TIOCGWINSZ, &size) != 0) {
    return std::nullopt;
  }
  return TerminalSize{size.ws_row, size.ws_col};
}

void set_terminal_size(int stream, const TerminalSize& size) noexcept {
  winsize wanted{};
  wanted.ws_row = size.rows;
  wanted.ws_col = size.columns;
  ::ioctl(stream, TIOCSWINSZ, &wanted);
}

TerminalState::TerminalState(int stream) : stream_(stream) {
  if (::tcgetattr(stream, &saved_) != 0) {
    throw sys_error("read the terminal's settings");
  }
}

void TerminalState::restore() const noexcept {
  ::tcsetattr(stream_, TCSANOW, &saved_);
}

RawMode::RawMode(int stream) : state_(stream) {
  termios raw = state_.saved();
  ::cfmakeraw(&raw);
  if (::tcsetattr(stream, TCSANOW, &raw) != 0) {
    throw sys_error("set the terminal to raw mode");
  }
}

ConsoleSocket::ConsoleSocket(fs::path path) : path_(std::move(path)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path_.native().size() >= sizeof address.sun_path) {
    throw Error(Code::invalid_argument, fmt::format("listen on {}: the path is too long for a socket", path_.native()));
  }
  std::memcpy(address.sun_path, path_.c_str(), path_.native().size());
  socket_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket_ || ::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket_.get(), 1) != 0) {
    throw sys_error("listen on", path_.native());
  }
}

ConsoleSocket::~ConsoleSocket() {
  ::unlink(path_.c_str());
}

Fd ConsoleSocket::receive_master() {
  const Fd connection(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!connection) {
    throw sys_error("accept the container's terminal");
  }
  std::array<char, 4096> name{};  // the runtime sends the name of the terminal along; nobody needs it
  iovec data = {name.data(), name.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (::recvmsg(connection.get(), &message, MSG_CMSG_CLOEXEC) < 0) {
    throw sys_error("receive the container's terminal");
  }
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof(int))) {
    throw Error(Code::internal, "receive the container's terminal: the runtime sent none");
  }
  int master = -1;
  std::memcpy(&master, CMSG_DATA(header), sizeof master);
  return Fd(master);
}

}  // namespace nacre::runtime
