// The --filter flag of the commands that have one.
#pragma once

#include <string>
#include <vector>

#include "cli/flag_set.h"

namespace nacre::cli {

// Collects "name=value" texts; anything else is a usage error. What the names mean is checked by the command itself: a
// filter that does not exist is no usage error, as with docker, whose daemon finds it.
void filter_flag(FlagSet& flags, std::vector<std::string>& target, char shorthand, std::string help);

}  // namespace nacre::cli
