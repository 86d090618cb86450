// How a container without a terminal is connected to the user's streams.
#pragma once

#include <cstdint>
#include <optional>

#include "base/fd.h"
#include "runtime/oci_runtime.h"
#include "runtime/relay.h"
#include "runtime/run_options.h"

namespace nacre::runtime {

// A pipe, socket or file of ours becomes the container's own stream: nothing is copied, nothing can be lost. It goes
// through a relay where that would show: a terminal (a program inside must not see one without -t), a file that runc
// would give to the container's user, and always standard error, on which the runtime prints its own failures. Standard
// output and error that are one stream stay one, so their order is kept.
class Streams {
 public:
  Streams(Stdin standard_input, std::uint32_t container_uid);

  OciRuntime::Streams for_container() const noexcept;
  // The container runs: gives up its ends and begins to relay. Without this call nothing is ever relayed.
  void begin();
  // Passes on what is left of the output; call when the container's processes are gone.
  void finish();

 private:
  int input_ = -1;  // the container's, of ours or of a pipe
  int output_ = -1;
  Fd input_end_, output_end_, error_end_;         // the container's ends of pipes
  Fd input_source_, output_drain_, error_drain_;  // our ends
  std::optional<InputRelay> input_relay_;
  std::optional<OutputRelay> output_relay_, error_relay_;
};

}  // namespace nacre::runtime
