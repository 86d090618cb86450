#include "image/fetch_budget.h"

#include <algorithm>
#include <chrono>

namespace nacre::image {

namespace {

constexpr double most = 16;
constexpr auto cancel_interval = std::chrono::milliseconds(100);

}  // namespace

void FetchBudget::Permit::release() noexcept {
  if (std::exchange(held_, false)) {
    --budget_.state_.lock()->in_use;
    budget_.changed_.notify_all();
  }
}

void FetchBudget::Permit::acquire(const CancelToken& cancel) {
  auto state = budget_.state_.lock();
  while (state->in_use >= static_cast<int>(state->allowed)) {
    cancel.check();
    budget_.changed_.wait_for(state.lock(), cancel_interval);
  }
  ++state->in_use;
  held_ = true;
}

FetchBudget::Permit FetchBudget::acquire(const CancelToken& cancel) {
  Permit permit(*this);
  permit.acquire(cancel);
  return permit;
}

void FetchBudget::succeeded() {
  const auto state = state_.lock();
  state->allowed = std::min(most, state->allowed + 1 / state->allowed);
}

void FetchBudget::failed() {
  const auto state = state_.lock();
  state->allowed = std::max(1.0, state->allowed / 2);
}

}  // namespace nacre::image
