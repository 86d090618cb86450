// Shell patterns for slash-separated names. Source: Go's path.Match.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nacre::oci {

// A pattern, checked once and matched often. `*` is any run of bytes without '/', `?` one character but '/',
// `[a-z]` and `[^a-z]` one character of a class, and `\` takes the next character as it stands.
class PathPattern {
 public:
  // Throws Error (invalid_argument) for a malformed pattern.
  explicit PathPattern(std::string_view pattern);

  // The whole name must match.
  bool matches(std::string_view name) const;

 private:
  enum class Kind { literal, any_one, any_run, one_of, none_of };
  struct Range {
    char32_t low;
    char32_t high;
  };
  struct Token {
    Kind kind;
    std::string text = {};           // literal: the bytes
    std::vector<Range> ranges = {};  // one_of, none_of
  };

  void add_literal(std::string_view bytes);
  std::size_t add_class(std::string_view pattern, std::size_t at);

  static std::size_t match_one(const Token& token, std::string_view rest) noexcept;

  std::vector<Token> tokens_;
};

}  // namespace nacre::oci
