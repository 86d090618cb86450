// Data that can only be reached through its lock.
#pragma once

#include <mutex>
#include <utility>

namespace nacre {

template <class T>
class Guarded {
 public:
  class Handle {
   public:
    Handle(T& value, std::unique_lock<std::mutex> lock) : value_(value), lock_(std::move(lock)) {}
    T* operator->() const noexcept { return &value_; }
    T& operator*() const noexcept { return value_; }
    std::unique_lock<std::mutex>& lock() noexcept { return lock_; }  // for a condition variable

   private:
    T& value_;
    std::unique_lock<std::mutex> lock_;
  };

  template <class... Args>
  explicit Guarded(Args&&... args) : value_(std::forward<Args>(args)...) {}
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  [[nodiscard]] Handle lock() { return Handle(value_, std::unique_lock(mutex_)); }

 private:
  std::mutex mutex_;
  T value_;
};

}  // namespace nacre
