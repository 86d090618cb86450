#include "cli/removal_text.h"

#include <fmt/format.h>

namespace nacre::cli {

std::string removal_text(const image::Removal& removal, EventCase event_case) {
  std::string text;
  for (const auto& event : removal.events) {
    const bool untagged = event.kind == image::Removal::Event::Kind::untagged;
    const std::string_view word =
        event_case == EventCase::title ? (untagged ? "Untagged" : "Deleted") : (untagged ? "untagged" : "deleted");
    text += fmt::format("{}: {}\n", word, event.subject);
  }
  return text;
}

}  // namespace nacre::cli
