// What runs leave behind whose nacre was killed.
#pragma once

#include "runtime/oci_runtime.h"
#include "store/store.h"

namespace nacre::runtime {

// Finds containers recorded as running whose owner is gone (nobody holds their lock): kills what still runs of them,
// then removes those made with --rm and records the others as exited with 137. Directories without a record go too.
// Several processes may do this at once. Costs one listing when there is nothing to do. Failures are left to the next
// time.
void reap_stale_containers(store::Store& store, const OciRuntime& runtime, const HostCgroups& cgroups);

}  // namespace nacre::runtime
