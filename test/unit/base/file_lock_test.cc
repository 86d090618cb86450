#include "base/file_lock.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "test/unit/base/support.h"

namespace nacre {
namespace {

using testing::Scratch;

TEST(FileLock, ExcludesAndShares) {
  const Scratch scratch;
  {
    const auto held = FileLock::acquire(scratch / "lock", LockMode::exclusive);
    EXPECT_FALSE(FileLock::try_acquire(scratch / "lock", LockMode::exclusive));
    EXPECT_FALSE(FileLock::try_acquire(scratch / "lock", LockMode::shared));
  }
  const auto first = FileLock::try_acquire(scratch / "lock", LockMode::shared);
  const auto second = FileLock::try_acquire(scratch / "lock", LockMode::shared);
  EXPECT_TRUE(first && second);
}

TEST(FileLock, WaitsForItsTurn) {
  const Scratch scratch;
  std::atomic<int> order = 0;
  auto held = std::make_unique<FileLock>(FileLock::acquire(scratch / "lock", LockMode::exclusive));
  std::thread waiter([&] {
    const auto lock = FileLock::acquire(scratch / "lock", LockMode::exclusive);
    EXPECT_EQ(order, 1);
  });
  order = 1;
  held.reset();
  waiter.join();
}

TEST(FileLock, AWaitCanBeCancelled) {
  const Scratch scratch;
  const auto held = FileLock::acquire(scratch / "lock", LockMode::exclusive);
  const CancelToken cancel;
  cancel.request();
  EXPECT_THROW(static_cast<void>(FileLock::acquire(scratch / "lock", LockMode::exclusive, cancel)), Cancelled);
}

TEST(FileLock, ARemovedLockFileIsNoLock) {
  const Scratch scratch;
  auto held = FileLock::acquire(scratch / "lock", LockMode::exclusive);
  held.release_and_remove();
  EXPECT_FALSE(path_exists(scratch / "lock"));
  const auto next = FileLock::acquire(scratch / "lock", LockMode::exclusive);
  EXPECT_FALSE(FileLock::try_acquire(scratch / "lock", LockMode::exclusive));
}

}  // namespace
}  // namespace nacre
