#include "base/worker_pool.h"

#include <atomic>

#include <gtest/gtest.h>

#include "base/error.h"

namespace nacre {
namespace {

TEST(WorkerPool, RunsEveryTask) {
  WorkerPool pool(2);
  std::atomic<int> done = 0;
  for (int i = 0; i < 1000; ++i) {
    pool.submit([&] { ++done; });
  }
  pool.wait();
  EXPECT_EQ(done, 1000);
}

TEST(WorkerPool, TasksMaySubmitTasks) {
  WorkerPool pool(1);
  std::atomic<int> done = 0;
  for (int i = 0; i < 20; ++i) {
    pool.submit([&] {
      for (int j = 0; j < 20; ++j) {
        pool.submit([&] { ++done; });
      }
    });
  }
  pool.wait();
  EXPECT_EQ(done, 400);
}

TEST(WorkerPool, ReportsTheFirstFailureAndGoesOn) {
  WorkerPool pool(2);
  pool.submit([] { throw Error(Code::io, "first"); });
  try {
    pool.wait();
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "first");
  }
  std::atomic<bool> ran = false;
  pool.submit([&] { ran = true; });
  pool.wait();
  EXPECT_TRUE(ran);
}

TEST(WorkerPool, DestructionDropsWhatIsQueued) {
  std::atomic<int> started = 0;
  {
    WorkerPool pool(1);
    for (int i = 0; i < 10; ++i) {
      pool.submit([&] { ++started; });
    }
  }
  EXPECT_LE(started, 10);
}

}  // namespace
}  // namespace nacre
