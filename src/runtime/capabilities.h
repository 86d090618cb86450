// Linux capabilities of a container.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "runtime/run_options.h"

namespace nacre::runtime {

// The capabilities a container's process gets, "CAP_CHOWN" and so on: docker's default fourteen with --cap-add and
// --cap-drop worked in ("ALL" in either; names with or without CAP_, any case), all of them when privileged. Only what
// this process could give is in the result of ALL. Throws Error (invalid_argument): "invalid CapAdd: unknown
// capability: "CAP_FOO"".
std::vector<std::string> container_capabilities(std::span<const std::string> add, std::span<const std::string> drop,
                                                Privilege privilege);

// Whether this process has a capability in its bounding set, "CAP_SYS_RESOURCE".
bool host_has_capability(std::string_view name);

}  // namespace nacre::runtime
