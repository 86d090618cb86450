// Questions to a user at a terminal. Internal to cli/.
#pragma once

#include <string>
#include <string_view>

#include "base/cancel.h"

namespace nacre::cli {

enum class Echo : bool { off, on };

// Asks on standard output and reads a line from standard input, without its line end; what is typed is not shown with
// Echo::off, and the terminal is as before on return, however it ends. Throws Cancelled; Error (invalid_argument) when
// the input ends without a line.
std::string ask(std::string_view question, Echo echo, const CancelToken& cancel);

}  // namespace nacre::cli
