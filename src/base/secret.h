// A password or token.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace nacre {

// Text that must not be shown: it has no operator<< and no formatter, so that it cannot reach a message by accident,
// and its bytes are overwritten when they are let go of. reveal() is for the one who sends it, and easy to search for.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) noexcept : text_(std::move(text)) { wipe(text); }
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { wipe(other.text_); }
  Secret& operator=(const Secret& other) {
    if (this != &other) {
      wipe(text_);
      text_ = other.text_;
    }
    return *this;
  }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe(text_);
      text_ = std::move(other.text_);
      wipe(other.text_);
    }
    return *this;
  }
  ~Secret() { wipe(text_); }

  bool empty() const noexcept { return text_.empty(); }
  std::string_view reveal() const noexcept { return text_; }
  bool operator==(const Secret&) const = default;

 private:
  // Also of a string that was moved from: a short one leaves its bytes behind.
  static void wipe(std::string& text) noexcept;

  std::string text_;
};

}  // namespace nacre
