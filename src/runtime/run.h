// `run` in the foreground, from an image to an exit status.
#pragma once

#include <optional>
#include <string>

#include "base/cancel.h"
#include "image/lookup.h"
#include "oci/image_config.h"
#include "runtime/run_options.h"
#include "runtime/start_error.h"
#include "snapshot/snapshotter.h"
#include "store/store.h"

namespace nacre::runtime {

// Runs a container of an image until its process ends, connected to this process' standard streams, and returns its
// exit code (128 + n when signal n ended it). The container then is removed, or kept as exited.
//
// Nothing outlives a failure: before the process runs, every Error takes the container away again. Nothing outlives a
// crash for long either: when this process is killed a watchdog ends the container, and the next run sweeps up what is
// left. Moves this process into a private mount namespace (for good) and becomes a child subreaper while it lasts; call
// it from a process that has no other threads. cancel is looked at until the process starts; then signals are the
// container's.
//
// Throws StartError when the process could not be started (exit status 125, 126 or 127; see run_exit_status), Error for
// everything else.
int run_container(store::Store& store, snapshot::Snapshotter& snapshotter, const image::Found& image,
                  const oci::ImageConfig& config, const RunOptions& options, const CancelToken& cancel);

// What the container's process is: entrypoint and command of the image with the options on top. Throws Error
// (invalid_argument) when that is nothing at all.
std::vector<std::string> process_arguments(const oci::ContainerDefaults& defaults, const RunOptions& options);

// Docker's words for an image of a foreign platform that nobody asked for; nothing when it fits.
std::optional<std::string> platform_warning(const oci::Platform& image, const oci::Platform& host,
                                            PlatformChoice choice);

}  // namespace nacre::runtime
