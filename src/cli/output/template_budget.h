// What one run of a template may spend, so that no template can hang the program or fill its memory.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nacre::cli {

class TemplateBudget {
 public:
  static constexpr std::uint64_t max_steps = 10'000'000;
  static constexpr std::uint64_t max_text = 64 * 1024 * 1024;

  // Something was evaluated, or `count` elements were looked at. Throws Error when the steps are used up.
  void spend_steps(std::uint64_t count = 1);
  // Text was made, as output or on the way to it, in bytes. Throws Error when there is too much of it.
  void spend_text(std::uint64_t bytes);
  // Throws as spend_text() would, before the text is made.
  void check_text(std::uint64_t bytes) const;

 private:
  std::uint64_t steps_ = 0;
  std::uint64_t text_ = 0;
};

}  // namespace nacre::cli
