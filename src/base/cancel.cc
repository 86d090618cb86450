#include "base/cancel.h"

#include <signal.h>
#include <unistd.h>

namespace nacre {

namespace {

// What the handler touches: set once before the handler is installed, never freed.
std::atomic<bool>* signal_flag = nullptr;

void on_signal(int number) {
  if (signal_flag->exchange(true)) {
    ::_exit(128 + number);
  }
}

}  // namespace

CancelToken CancelToken::from_signals() {
  static const CancelToken token;
  signal_flag = token.flag_.get();
  struct sigaction action{};
  action.sa_handler = on_signal;  // without SA_RESTART: a blocking read returns, and its loop looks at the token
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  return token;
}

}  // namespace nacre
