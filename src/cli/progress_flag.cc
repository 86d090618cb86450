#include "cli/progress_flag.h"

#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/output/text.h"

namespace nacre::cli {

ProgressMode progress_mode(const std::optional<std::string>& asked, bool quiet) {
  const std::string wanted = quiet ? "quiet" : asked.value_or("auto");
  if (wanted == "auto") {
    return is_terminal(STDOUT_FILENO) ? ProgressMode::terminal : ProgressMode::plain;
  }
  if (wanted == "quiet") {
    return ProgressMode::quiet;
  }
  if (wanted == "plain") {
    return ProgressMode::plain;
  }
  if (wanted == "tty") {
    return ProgressMode::terminal;
  }
  if (wanted == "json") {
    return ProgressMode::json;
  }
  throw Error(Code::invalid_argument,
              fmt::format("invalid progress type \"{}\": it is auto, plain, tty, json or quiet", wanted));
}

bool in_words(ProgressMode mode) {
  return mode == ProgressMode::plain || mode == ProgressMode::terminal;
}

}  // namespace nacre::cli
