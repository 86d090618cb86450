#include "base/worker_pool.h"

#include <algorithm>

namespace nacre {

WorkerPool::WorkerPool(unsigned threads) {
  if (threads == 0) {
    threads = std::max(1U, std::thread::hardware_concurrency());
  }
  for (unsigned i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { work(); });
  }
}

WorkerPool::~WorkerPool() {
  {
    auto state = state_.lock();
    state->stopping = true;
    state->queue.clear();
  }
  changed_.notify_all();
  for (auto& thread : threads_) {
    thread.join();
  }
}

void WorkerPool::submit(std::function<void()> task) {
  {
    auto state = state_.lock();
    if (state->failure) {
      return;
    }
    // A short queue keeps the workers fed; beyond it the caller is the worker.
    if (state->queue.size() < threads_.size()) {
      state->queue.push_back(std::move(task));
      changed_.notify_all();
      return;
    }
    ++state->running;
  }
  run(task);
}

void WorkerPool::wait() {
  auto state = state_.lock();
  changed_.wait(state.lock(), [&] { return state->queue.empty() && state->running == 0; });
  if (state->failure) {
    std::rethrow_exception(std::exchange(state->failure, nullptr));
  }
}

void WorkerPool::work() {
  while (true) {
    std::function<void()> task;
    {
      auto state = state_.lock();
      changed_.wait(state.lock(), [&] { return state->stopping || !state->queue.empty(); });
      if (state->queue.empty()) {
        return;
      }
      task = std::move(state->queue.front());
      state->queue.pop_front();
      ++state->running;
    }
    run(task);
  }
}

// The task is already counted as running.
void WorkerPool::run(const std::function<void()>& task) {
  std::exception_ptr failure;
  try {
    task();
  } catch (...) {
    failure = std::current_exception();
  }
  auto state = state_.lock();
  --state->running;
  if (failure) {
    if (!state->failure) {
      state->failure = std::move(failure);
    }
    state->queue.clear();
  }
  changed_.notify_all();
}

}  // namespace nacre
