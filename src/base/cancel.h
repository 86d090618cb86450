// Cancellation: Ctrl-C, a client that went away. Not an Error, so that no ordinary handler swallows it.
#pragma once

#include <atomic>
#include <memory>

namespace nacre {

// Thrown by CancelToken::check(); only main() catches it, and exits with 130.
struct Cancelled {};

// A shared flag: copies of a token see the same cancellation. Every blocking loop calls check(). Safe from any thread;
// request() is also safe in a signal handler.
class CancelToken {
 public:
  CancelToken() : flag_(std::make_shared<std::atomic<bool>>(false)) {}
  void request() const noexcept { flag_->store(true, std::memory_order_relaxed); }
  bool requested() const noexcept { return flag_->load(std::memory_order_relaxed); }
  void check() const {
    if (requested()) {
      throw Cancelled{};
    }
  }

  // A token that SIGINT and SIGTERM request. The first signal cancels; a second one ends the process at once. Call
  // once, early in main(), before threads start.
  static CancelToken from_signals();

 private:
  std::shared_ptr<std::atomic<bool>> flag_;
};

}  // namespace nacre
