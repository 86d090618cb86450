// From argv to an exit status.
#pragma once

#include <string>
#include <vector>

#include "cli/flag_set.h"

namespace nacre::cli {

// Finds the command, parses its flags, runs it, and prints what goes wrong. Never throws.
int run_program(const std::vector<std::string>& arguments);

// The flags before the command, as help and the man page show them.
FlagSet global_flags();

}  // namespace nacre::cli
