// Bytes passed between the user's streams and a container's.
#pragma once

#include <thread>

#include "base/fd.h"

namespace nacre::runtime {

// Copies what a container writes to a stream of ours, on a thread, until everything was written. When nobody reads ours
// any more, the container's writes fail too, as they would without a relay.
class OutputRelay {
 public:
  OutputRelay(Fd from, int to);
  ~OutputRelay() { finish(); }
  OutputRelay(const OutputRelay&) = delete;
  OutputRelay& operator=(const OutputRelay&) = delete;

  // Waits until all writers of the container's end are gone and their last byte is passed on.
  void finish();

 private:
  std::thread thread_;
};

// Copies what the user types or pipes in to a container, on a thread. The end of it closes the container's end.
// Destruction stops, whether or not there is more to read.
class InputRelay {
 public:
  InputRelay(int from, Fd to);
  ~InputRelay();
  InputRelay(const InputRelay&) = delete;
  InputRelay& operator=(const InputRelay&) = delete;

 private:
  Fd stop_;  // an eventfd
  std::thread thread_;
};

}  // namespace nacre::runtime
