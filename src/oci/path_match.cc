#include "oci/path_match.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/error.h"
#include "oci/shown.h"
#include "oci/utf8.h"

namespace nacre::oci {
namespace {

constexpr std::size_t no_match = std::string_view::npos;

[[noreturn]] void fail(std::string_view pattern) {
  throw Error(Code::invalid_argument, fmt::format("pattern '{}': syntax error in pattern", shown(pattern)));
}

// One end of a range in a class, perhaps escaped. Moves `at` past it; a class cannot end here.
char32_t class_char(std::string_view pattern, std::size_t& at) {
  if (at < pattern.size() && pattern[at] == '\\') {
    ++at;
  } else if (at < pattern.size() && (pattern[at] == '-' || pattern[at] == ']')) {
    fail(pattern);
  }
  if (at >= pattern.size()) {
    fail(pattern);
  }
  const Utf8Char c = decode_utf8(pattern.substr(at));
  at += c.length;
  if (!c.valid || at >= pattern.size()) {
    fail(pattern);
  }
  return c.value;
}

}  // namespace

PathPattern::PathPattern(std::string_view pattern) {
  for (std::size_t at = 0; at < pattern.size();) {
    switch (pattern[at]) {
      case '*':
        tokens_.push_back({.kind = Kind::any_run});
        ++at;
        break;
      case '?':
        tokens_.push_back({.kind = Kind::any_one});
        ++at;
        break;
      case '[':
        at = add_class(pattern, at + 1);
        break;
      case '\\':
        if (at + 1 == pattern.size()) {
          fail(pattern);
        }
        add_literal(pattern.substr(at + 1, 1));
        at += 2;
        break;
      default:
        add_literal(pattern.substr(at, 1));
        ++at;
    }
  }
}

void PathPattern::add_literal(std::string_view bytes) {
  if (tokens_.empty() || tokens_.back().kind != Kind::literal) {
    tokens_.push_back({.kind = Kind::literal});
  }
  tokens_.back().text += bytes;
}

// Reads a class from the byte after its '['; returns the place after its ']'.
std::size_t PathPattern::add_class(std::string_view pattern, std::size_t at) {
  Token token{.kind = Kind::one_of};
  if (at < pattern.size() && pattern[at] == '^') {
    token.kind = Kind::none_of;
    ++at;
  }
  do {
    const char32_t low = class_char(pattern, at);
    char32_t high = low;
    if (pattern[at] == '-') {
      high = class_char(pattern, ++at);
    }
    token.ranges.push_back({low, high});
  } while (pattern[at] != ']');
  tokens_.push_back(std::move(token));
  return at + 1;
}

// How many bytes of `rest` a token takes, for every kind but any_run.
std::size_t PathPattern::match_one(const Token& token, std::string_view rest) noexcept {
  if (token.kind == Kind::literal) {
    return rest.starts_with(token.text) ? token.text.size() : no_match;
  }
  if (rest.empty()) {
    return no_match;
  }
  const Utf8Char c = decode_utf8(rest);
  if (token.kind == Kind::any_one) {
    return c.value == U'/' ? no_match : c.length;
  }
  const bool listed = std::ranges::any_of(
      token.ranges, [&](const Range& range) { return range.low <= c.value && c.value <= range.high; });
  return listed == (token.kind == Kind::one_of) ? c.length : no_match;
}

// Only the last `*` met ever needs to take more: what stood before it matched at the earliest place, and moving it on
// would only leave the later tokens less.
bool PathPattern::matches(std::string_view name) const {
  struct Retry {
    std::size_t token;  // the one after the `*`
    std::size_t at;     // where in the name it was tried last
  };
  std::optional<Retry> retry;
  std::size_t at = 0;
  std::size_t token = 0;
  while (token < tokens_.size() || at < name.size()) {
    if (token < tokens_.size() && tokens_[token].kind == Kind::any_run) {
      retry = Retry{++token, at};
      continue;
    }
    const std::size_t taken = token < tokens_.size() ? match_one(tokens_[token], name.substr(at)) : no_match;
    if (taken != no_match) {
      at += taken;
      ++token;
      continue;
    }
    if (!retry || retry->at >= name.size() || name[retry->at] == '/') {
      return false;
    }
    at = ++retry->at;
    token = retry->token;
  }
  return true;
}

}  // namespace nacre::oci
