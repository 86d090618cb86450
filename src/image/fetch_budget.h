// How many connections a pull keeps busy at once. Internal to image/.
#pragma once

#include <condition_variable>

#include "base/cancel.h"
#include "base/guarded.h"

namespace nacre::image {

// Begins with a few, allows one more each time all that are allowed have brought something, and halves when a server
// shows that it is too much (additive increase, multiplicative decrease). Thread-safe.
class FetchBudget {
 public:
  // Held while a connection is used.
  class Permit {
   public:
    Permit(Permit&& other) noexcept : budget_(other.budget_), held_(std::exchange(other.held_, false)) {}
    Permit& operator=(Permit&&) = delete;
    ~Permit() { release(); }

    // Lets somebody else go first; acquire() waits for another turn.
    void release() noexcept;
    void acquire(const CancelToken& cancel);

   private:
    friend class FetchBudget;
    explicit Permit(FetchBudget& budget) : budget_(budget) {}
    FetchBudget& budget_;
    bool held_ = false;
  };

  Permit acquire(const CancelToken& cancel);
  void succeeded();
  void failed();

 private:
  struct State {
    double allowed = 6;
    int in_use = 0;
  };
  Guarded<State> state_;
  std::condition_variable changed_;
};

}  // namespace nacre::image
