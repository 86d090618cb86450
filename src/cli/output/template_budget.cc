#include "cli/output/template_budget.h"

#include <fmt/format.h>

#include "base/error.h"

namespace nacre::cli {

void TemplateBudget::spend_steps(std::uint64_t count) {
  steps_ += count;
  if (steps_ > max_steps) {
    throw Error(Code::invalid_argument, fmt::format("exceeded the limit of {} steps", max_steps));
  }
}

void TemplateBudget::check_text(std::uint64_t bytes) const {
  if (bytes > max_text - text_) {
    throw Error(Code::invalid_argument, fmt::format("exceeded the limit of {} MiB of text", max_text >> 20));
  }
}

void TemplateBudget::spend_text(std::uint64_t bytes) {
  check_text(bytes);
  text_ += bytes;
}

}  // namespace nacre::cli
