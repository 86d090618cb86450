#include "image/config_change_words.h"

#include <optional>

#include <fmt/format.h>

#include "base/error.h"

namespace nacre::image {

namespace {

constexpr std::string_view spaces = " \t\n\v\f\r";
constexpr char escape = '\\';

bool is_space(char c) {
  return spaces.contains(c);
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_name_char(char c) {
  return is_digit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<signed char>(c) < 0;
}

[[noreturn]] void fail(std::string message) {
  throw Error(Code::invalid_argument, std::move(message));
}

// What was expanded, as one text and as the words it falls into.
class Expansion {
 public:
  enum class Splitting { at_spaces, never };

  void add(std::string_view text, Splitting splitting) {
    whole_ += text;
    for (const char c : text) {
      if (splitting == Splitting::at_spaces && is_space(c)) {
        end_word();
      } else {
        word_ += c;
      }
    }
  }

  std::string whole() && { return std::move(whole_); }
  std::vector<std::string> words() && {
    end_word();
    return std::move(words_);
  }

 private:
  void end_word() {
    if (!word_.empty()) {
      words_.push_back(std::move(word_));
      word_.clear();
    }
  }

  std::string whole_, word_;
  std::vector<std::string> words_;
};

class Expander {
 public:
  Expander(std::string_view text, const std::vector<std::string>& environment)
      : text_(text), environment_(environment) {}

  Expansion run() { return until(std::nullopt, 0); }

 private:
  using Splitting = Expansion::Splitting;
  static constexpr int max_nesting = 100;  // of ${a:-${b:-...}}

  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return text_[at_]; }
  char take() { return text_[at_++]; }

  Expansion until(std::optional<char> stop, int depth) {
    Expansion result;
    while (!at_end()) {
      const char c = take();
      if (stop && c == *stop) {
        return result;
      }
      if (c == '\'') {
        result.add(single_quoted(), Splitting::never);
      } else if (c == '"') {
        result.add(double_quoted(depth), Splitting::never);
      } else if (c == '$') {
        result.add(variable(depth), Splitting::at_spaces);
      } else if (c != escape) {
        result.add({&c, 1}, Splitting::at_spaces);
      } else if (!at_end()) {
        result.add({&text_[at_++], 1}, Splitting::never);
      }
    }
    if (stop) {
      fail("syntax error: missing '}'");
    }
    return result;
  }

  std::string_view single_quoted() {
    const std::size_t end = text_.find('\'', at_);
    if (end == std::string_view::npos) {
      fail("unexpected end of statement while looking for matching single-quote");
    }
    const auto quoted = text_.substr(at_, end - at_);
    at_ = end + 1;
    return quoted;
  }

  std::string double_quoted(int depth) {
    std::string quoted;
    while (!at_end()) {
      const char c = take();
      if (c == '"') {
        return quoted;
      }
      if (c == '$') {
        quoted += variable(depth);
      } else if (c == escape && !at_end() && std::string_view("\"$\\").contains(peek())) {
        quoted += take();
      } else if (c != escape || !at_end()) {
        quoted += c;
      }
    }
    fail("unexpected end of statement while looking for matching double-quote");
  }

  // After the '$'.
  std::string variable(int depth) {
    if (at_end() || peek() != '{') {
      const auto variable_name = name();
      return variable_name.empty() ? "$" : value_of(variable_name).value_or("");
    }
    take();
    if (at_end()) {
      fail("syntax error: missing '}'");
    }
    const auto variable_name = name();
    if (variable_name.empty()) {
      fail("syntax error: bad substitution");
    }
    return braced(variable_name, depth);
  }

  // After "${name".
  std::string braced(std::string_view variable_name, int depth) {
    const auto value = value_of(variable_name);
    std::string modifier;
    do {
      if (at_end() || depth == max_nesting) {
        fail("syntax error: missing '}'");
      }
      modifier += take();
    } while (modifier == ":");
    if (modifier == "}") {
      return value.value_or("");
    }
    if (!std::string_view("-+?").contains(modifier.back()) || modifier.size() > 2) {
      fail(fmt::format("unsupported modifier ({}) in substitution", modifier));
    }
    std::string word = until('}', depth + 1).whole();
    const bool is_set = value && (modifier.size() == 1 || !value->empty());
    switch (modifier.back()) {
      case '-':
        return is_set ? *value : word;
      case '+':
        return is_set ? word : "";
      default:
        if (!is_set) {
          const std::string_view state = value ? "empty" : "unset";
          fail(fmt::format("{}: {}", variable_name,
                           word.empty() ? fmt::format("is not allowed to be {}", state) : word));
        }
        return *value;
    }
  }

  // A name, a positional parameter ("12") or a special one ("@").
  std::string_view name() {
    const std::size_t start = at_;
    if (!at_end() && std::string_view("@*#?-$!").contains(peek())) {
      return text_.substr(at_++, 1);
    }
    const bool positional = !at_end() && is_digit(peek());
    while (!at_end() && (positional ? is_digit(peek()) : is_name_char(peek()))) {
      ++at_;
    }
    return text_.substr(start, at_ - start);
  }

  std::optional<std::string> value_of(std::string_view variable_name) const {
    for (const std::string_view entry : environment_) {
      const std::size_t end = entry.find('=');
      if (entry.substr(0, end) == variable_name) {
        return std::string(end == std::string_view::npos ? "" : entry.substr(end + 1));
      }
    }
    return std::nullopt;
  }

  std::string_view text_;
  const std::vector<std::string>& environment_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::size_t at = text.find_first_not_of(spaces);
  while (at != std::string_view::npos) {
    std::string word;
    char quote = 0;
    for (; at < text.size() && (quote != 0 || !is_space(text[at])); ++at) {
      const char c = text[at];
      if (c == escape && quote != '\'') {
        if (at + 1 == text.size()) {  // an escape that has nothing to escape is dropped
          at = text.size();
          break;
        }
        word += c;
        word += text[++at];
        continue;
      }
      if (quote != 0) {
        quote = c == quote ? char{0} : quote;
      } else if (c == '\'' || c == '"') {
        quote = c;
      }
      word += c;
    }
    if (!word.empty()) {
      words.push_back(std::move(word));
    }
    at = text.find_first_not_of(spaces, at);
  }
  return words;
}

std::string expand_word(std::string_view text, const std::vector<std::string>& environment) {
  return Expander(text, environment).run().whole();
}

std::vector<std::string> expand_words(std::string_view text, const std::vector<std::string>& environment) {
  return Expander(text, environment).run().words();
}

std::string_view trim_spaces(std::string_view text) {
  const std::size_t first = text.find_first_not_of(spaces);
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(spaces) - first + 1);
}

}  // namespace nacre::image
