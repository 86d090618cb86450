// The devices part of a specification. Internal to runtime/.
#pragma once

#include "base/file.h"
#include "oci/json.h"
#include "runtime/run_options.h"

namespace nacre::runtime {

// linux.resources.devices: nothing but docker's short list, or everything when privileged.
oci::OrderedJson device_rules(Privilege privilege);

// linux.devices of a privileged container: what stands in the host's /dev, but terminals and what every container has
// anyway.
oci::OrderedJson host_devices(const fs::path& directory = "/dev");

}  // namespace nacre::runtime
