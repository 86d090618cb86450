// A file descriptor with one owner.
#pragma once

#include <utility>

namespace nacre {

// Move-only; closes on destruction. Closing forgets the number first and never retries: on Linux the descriptor is gone
// even when close() fails, and a retry could close somebody else's.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int number) noexcept : number_(number) {}
  Fd(Fd&& other) noexcept : number_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    reset(other.release());
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  int get() const noexcept { return number_; }
  explicit operator bool() const noexcept { return number_ >= 0; }

  [[nodiscard]] int release() noexcept { return std::exchange(number_, -1); }
  void reset(int number = -1) noexcept;

  // A second descriptor for the same open file (close-on-exec). Throws Error.
  Fd duplicate() const { return duplicate_of(number_); }
  // The same for a descriptor that somebody else owns: standard input, say.
  static Fd duplicate_of(int number);

 private:
  int number_ = -1;
};

// Occupies those of descriptors 0, 1 and 2 that the program was started without, so that no file it opens is taken for
// standard input or output. Reading or writing them still fails as it would have (EBADF). To be called before anything
// else is opened.
void occupy_standard_descriptors() noexcept;

}  // namespace nacre
