// A bounded pool of threads for independent tasks.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

#include "base/guarded.h"

namespace nacre {

// Tasks run in any order. When every worker is busy and the queue is full, submit() runs the task itself: a task that
// submits tasks can therefore not dead-lock the pool, and memory stays bounded. After the first failure queued tasks
// are dropped.
class WorkerPool {
 public:
  // threads: 0 means one a core.
  explicit WorkerPool(unsigned threads = 0);
  ~WorkerPool();  // drops what is queued, waits for what runs
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  void submit(std::function<void()> task);
  // Waits until every task ended; rethrows the first exception a task threw. The pool can be used again afterwards.
  void wait();

 private:
  struct State {
    std::deque<std::function<void()>> queue;
    std::size_t running = 0;
    std::exception_ptr failure;
    bool stopping = false;
  };
  void work();
  void run(const std::function<void()>& task);

  Guarded<State> state_;
  std::condition_variable changed_;
  std::vector<std::thread> threads_;
};

}  // namespace nacre
