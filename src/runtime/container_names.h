// Names of containers.
#pragma once

#include <string>
#include <string_view>

namespace nacre::runtime {

// Throws Error (invalid_argument) with docker's text for a name that is not [a-zA-Z0-9][a-zA-Z0-9_.-]+.
void check_container_name(std::string_view name);

// Two words, as "quiet_limpet"; unlikely to be taken, but nothing more.
std::string random_container_name();

}  // namespace nacre::runtime
