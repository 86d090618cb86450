// Signals as people name them.
#pragma once

#include <string>
#include <string_view>

namespace nacre::runtime {

// "TERM", "SIGTERM", "term", "15", "RTMIN+3". Throws Error (invalid_argument): "invalid signal: FOO".
int parse_signal(std::string_view text);

// "SIGTERM"; "SIGRTMIN+3" for a real-time signal; the number for one without a name.
std::string signal_name(int number);

}  // namespace nacre::runtime
