#include "registry/auth_challenge.h"

#include <algorithm>
#include <optional>

#include "oci/ascii.h"

namespace nacre::registry {

namespace {

// RFC 9110, 5.6.2: tchar.
bool is_token_character(char c) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return oci::is_alphanumeric(c) || others.contains(c);
}

// RFC 9110, 11.2: what may stand instead of parameters ("Negotiate YII=").
bool is_token68_character(char c) {
  constexpr std::string_view others = "-._~+/=";
  return oci::is_alphanumeric(c) || others.contains(c);
}

class ChallengeParser {
 public:
  explicit ChallengeParser(std::string_view text) : rest_(text) {}

  std::vector<AuthChallenge> run() {
    std::vector<AuthChallenge> challenges;
    skip_separators();
    while (!rest_.empty()) {
      auto challenge = one();
      if (!challenge) {
        break;
      }
      challenges.push_back(std::move(*challenge));
      skip_separators();
    }
    return challenges;
  }

 private:
  // A scheme, then parameters up to the next scheme or the end. A word is a parameter's name when "=" follows it.
  std::optional<AuthChallenge> one() {
    AuthChallenge challenge{oci::lower(take(is_token_character)), {}};
    if (challenge.scheme.empty()) {
      return std::nullopt;
    }
    skip_blanks();
    if (skip_token68()) {
      return challenge;
    }
    while (true) {
      const std::string_view before = rest_;
      skip_separators();
      const std::string name = oci::lower(take(is_token_character));
      skip_blanks();
      if (name.empty() || !rest_.starts_with('=')) {
        rest_ = before;
        const bool ends = rest_.empty() || rest_.starts_with(',');
        return ends ? std::optional(std::move(challenge)) : std::nullopt;
      }
      rest_.remove_prefix(1);
      skip_blanks();
      auto value = parameter_value();
      if (!value) {
        return std::nullopt;
      }
      challenge.parameters.emplace(name, std::move(*value));
      skip_blanks();
    }
  }

  std::optional<std::string> parameter_value() {
    if (!rest_.starts_with('"')) {
      const std::string_view token = take(is_token_character);
      return token.empty() ? std::nullopt : std::optional(std::string(token));
    }
    std::string value;
    for (std::size_t at = 1; at < rest_.size(); ++at) {
      if (rest_[at] == '"') {
        rest_.remove_prefix(at + 1);
        return value;
      }
      if (rest_[at] == '\\' && at + 1 < rest_.size()) {
        ++at;
      }
      value += rest_[at];
    }
    return std::nullopt;
  }

  // A whole element that is no "name=value". (A name whose value is missing cannot be told from it: "realm=".)
  bool skip_token68() {
    const std::string_view before = rest_;
    const std::string_view word = take(is_token68_character);
    const std::string_view name = word.substr(0, word.find_last_not_of('=') + 1);
    skip_blanks();
    const bool ends = rest_.empty() || rest_.starts_with(',');
    if (name.empty() || name.contains('=') || !ends) {
      rest_ = before;
      return false;
    }
    return true;
  }

  std::string_view take(bool (*belongs)(char)) {
    std::size_t length = 0;
    while (length < rest_.size() && belongs(rest_[length])) {
      ++length;
    }
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return taken;
  }

  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size())); }
  void skip_separators() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t,"), rest_.size())); }

  std::string_view rest_;
};

}  // namespace

const std::string& AuthChallenge::parameter(std::string_view name) const {
  static const std::string none;
  const auto found = parameters.find(std::string(name));
  return found == parameters.end() ? none : found->second;
}

std::vector<AuthChallenge> parse_challenges(std::string_view value) {
  return ChallengeParser(value).run();
}

}  // namespace nacre::registry
