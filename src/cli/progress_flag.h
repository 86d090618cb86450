// The flag --progress of commands that move images. Internal to cli/.
#pragma once

#include <optional>
#include <string>

#include "cli/output/progress.h"

namespace nacre::cli {

inline constexpr const char* progress_help = "Set type of progress output (\"auto\", \"plain\", \"tty\", \"json\")";

// What a user asked for with --progress and --quiet; bars where nobody asked and standard output is a terminal. Throws
// Error (invalid_argument).
ProgressMode progress_mode(const std::optional<std::string>& asked, bool quiet);

// Whether lines of text belong between the bars.
bool in_words(ProgressMode mode);

}  // namespace nacre::cli
