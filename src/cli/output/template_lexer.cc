#include "cli/output/template_lexer.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "cli/output/go_quote.h"
#include "cli/output/unicode.h"
#include "oci/utf8.h"

namespace nacre::cli {
namespace {

constexpr std::string_view left_braces = "{{";
constexpr std::string_view right_braces = "}}";
constexpr std::string_view space_characters = " \t\r\n";
constexpr std::size_t trim_marker_length = 2;  // '-' and the space beside it

bool is_template_space(char32_t c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool starts_with_left_trim(std::string_view text) {
  return text.size() >= 2 && text[0] == '-' && is_template_space(static_cast<unsigned char>(text[1]));
}

bool starts_with_right_trim(std::string_view text) {
  return text.size() >= 2 && is_template_space(static_cast<unsigned char>(text[0])) && text[1] == '-' &&
         text.substr(trim_marker_length).starts_with(right_braces);
}

constexpr std::array<std::pair<std::string_view, TokenKind>, 13> keywords{{
    {"block", TokenKind::keyword_block},
    {"break", TokenKind::keyword_break},
    {"continue", TokenKind::keyword_continue},
    {"define", TokenKind::keyword_define},
    {"else", TokenKind::keyword_else},
    {"end", TokenKind::keyword_end},
    {"if", TokenKind::keyword_if},
    {"nil", TokenKind::keyword_nil},
    {"range", TokenKind::keyword_range},
    {"template", TokenKind::keyword_template},
    {"with", TokenKind::keyword_with},
    {"true", TokenKind::boolean},
    {"false", TokenKind::boolean},
}};

TokenKind kind_of_word(std::string_view word) {
  const auto* const found = std::ranges::find_if(keywords, [&](const auto& k) { return k.first == word; });
  return found == keywords.end() ? TokenKind::identifier : found->second;
}

}  // namespace

std::string Token::shown() const {
  if (kind == TokenKind::end_of_input) {
    return "EOF";
  }
  if (kind == TokenKind::error) {
    return text;
  }
  if (kind >= TokenKind::dot) {
    return "<" + text + ">";
  }
  constexpr std::size_t longest = 10;
  std::size_t end = 0;
  for (std::size_t characters = 0; characters < longest && end < text.size(); ++characters) {
    end += oci::decode_utf8(std::string_view(text).substr(end)).length;
  }
  return text.size() > longest ? go_quote(std::string_view(text).substr(0, end)) + "..." : go_quote(text);
}

Token TemplateLexer::next() {
  if (!finished_) {
    last_ = inside_ ? next_inside() : next_outside();
  }
  return last_;
}

Token TemplateLexer::emit(TokenKind kind) {
  line_ += static_cast<int>(std::ranges::count(std::string_view(text_).substr(counted_, start_ - counted_), '\n'));
  counted_ = start_;
  finished_ = kind == TokenKind::end_of_input;
  Token token{kind, start_, line_, std::string(text_.substr(start_, position_ - start_))};
  start_token();
  return token;
}

Token TemplateLexer::fail(std::string message) {
  Token token = emit(TokenKind::error);
  token.text = std::move(message);
  finished_ = true;
  return token;
}

char32_t TemplateLexer::peek_character() const {
  return at_end() ? 0 : oci::decode_utf8(rest()).value;
}

void TemplateLexer::skip_character() {
  if (!at_end()) {
    position_ += oci::decode_utf8(rest()).length;
  }
}

void TemplateLexer::skip_spaces() {
  position_ = std::min(text_.find_first_not_of(space_characters, position_), text_.size());
}

Token TemplateLexer::next_outside() {
  while (true) {
    const std::size_t braces = text_.find(left_braces, position_);
    if (braces == std::string_view::npos) {
      position_ = text_.size();
      return start_ < position_ ? emit(TokenKind::text) : emit(TokenKind::end_of_input);
    }
    const bool trim = starts_with_left_trim(text_.substr(braces + left_braces.size()));
    std::string_view before = text_.substr(start_, braces - start_);
    if (trim) {
      before = before.substr(0, before.find_last_not_of(space_characters) + 1);
    }
    if (!before.empty()) {
      position_ = start_ + before.size();
      Token token = emit(TokenKind::text);
      position_ = start_ = braces;  // the braces come with the next call
      return token;
    }
    position_ = start_ = braces;
    const std::size_t inside = braces + left_braces.size() + (trim ? trim_marker_length : 0);
    if (!text_.substr(std::min(inside, text_.size())).starts_with("/*")) {
      position_ += left_braces.size();
      Token token = emit(TokenKind::left_delimiter);
      position_ = start_ = inside;
      inside_ = true;
      parens_ = 0;
      return token;
    }
    position_ = start_ = inside;
    Token error = last_;
    if (!skip_comment(error)) {
      return error;
    }
  }
}

// A comment takes the whole action, so that what is left of it is text again.
bool TemplateLexer::skip_comment(Token& error) {
  const std::size_t end = text_.find("*/", position_ + 2);
  if (end == std::string_view::npos) {
    error = fail("unclosed comment");
    return false;
  }
  position_ = end + 2;
  if (!at_right_delimiter()) {
    error = fail("comment ends before closing delimiter");
    return false;
  }
  const bool trim = starts_with_right_trim(rest());
  position_ += right_braces.size() + (trim ? trim_marker_length : 0);
  if (trim) {
    skip_spaces();
  }
  start_token();
  return true;
}

bool TemplateLexer::at_right_delimiter() const {
  return starts_with_right_trim(rest()) || rest().starts_with(right_braces);
}

Token TemplateLexer::right_delimiter() {
  const bool trim = starts_with_right_trim(rest());
  if (trim) {
    position_ += trim_marker_length;
    start_token();
  }
  position_ += right_braces.size();
  Token token = emit(TokenKind::right_delimiter);
  if (trim) {
    skip_spaces();
    start_token();
  }
  inside_ = false;
  return token;
}

Token TemplateLexer::next_inside() {
  if (at_right_delimiter()) {
    return parens_ == 0 ? right_delimiter() : fail("unclosed left paren");
  }
  if (at_end()) {
    return fail("unclosed action");
  }
  const char32_t c = peek_character();
  if (is_template_space(c)) {
    return spaces();
  }
  if (c == '"') {
    return quoted('"', TokenKind::string, "quoted string");
  }
  if (c == '\'') {
    return quoted('\'', TokenKind::char_constant, "character constant");
  }
  if (c == '`') {
    return raw_quoted();
  }
  const bool digit_follows = position_ + 1 < text_.size() && text_[position_ + 1] >= '0' && text_[position_ + 1] <= '9';
  if (c == '+' || c == '-' || (c >= '0' && c <= '9') || (c == '.' && digit_follows)) {
    return number();
  }
  if (c == '.' || c == '$') {
    return field_or_variable();
  }
  if (is_alphanumeric(c) && oci::decode_utf8(rest()).valid) {
    return word();
  }
  return punctuation();
}

Token TemplateLexer::punctuation() {
  const char32_t c = peek_character();
  const std::string shown = shown_character();
  skip_character();
  switch (c) {
    case '=':
      return emit(TokenKind::assign);
    case '|':
      return emit(TokenKind::pipe);
    case '(':
      ++parens_;
      return emit(TokenKind::left_paren);
    case ')':
      --parens_;
      return parens_ < 0 ? fail("unexpected right paren") : emit(TokenKind::right_paren);
    case ':':
      if (!skip_one_of("=")) {
        return fail("expected :=");
      }
      return emit(TokenKind::declare);
    default:
      break;
  }
  return c < 0x80 && is_printable(c) ? emit(TokenKind::punctuation)
                                     : fail("unrecognized character in action: " + shown);
}

// Go's %#U: U+0040 '@'.
std::string TemplateLexer::shown_character() const {
  if (at_end()) {
    return "U+FFFFFFFFFFFFFFFF";
  }
  const char32_t c = peek_character();
  std::string shown = fmt::format("U+{:04X}", static_cast<unsigned>(c));
  if (is_printable(c)) {
    shown += " '";
    append_utf8(shown, c);
    shown += '\'';
  }
  return shown;
}

Token TemplateLexer::spaces() {
  skip_spaces();
  // The last space may belong to the marker of " -}}".
  --position_;
  if (starts_with_right_trim(rest())) {
    return position_ == start_ ? right_delimiter() : emit(TokenKind::space);
  }
  ++position_;
  return emit(TokenKind::space);
}

Token TemplateLexer::quoted(char quote, TokenKind kind, std::string_view what) {
  skip_character();
  while (!at_end() && text_[position_] != '\n') {
    if (text_[position_] == quote) {
      skip_character();
      return emit(kind);
    }
    if (text_[position_] == '\\') {
      skip_character();
      if (at_end() || text_[position_] == '\n') {
        break;
      }
    }
    skip_character();
  }
  return fail(fmt::format("unterminated {}", what));
}

Token TemplateLexer::raw_quoted() {
  const std::size_t end = text_.find('`', position_ + 1);
  if (end == std::string_view::npos) {
    return fail("unterminated raw quoted string");
  }
  position_ = end + 1;
  return emit(TokenKind::raw_string);
}

bool TemplateLexer::skip_one_of(std::string_view characters) {
  if (at_end() || characters.find(text_[position_]) == std::string_view::npos) {
    return false;
  }
  ++position_;
  return true;
}

void TemplateLexer::skip_digits(std::string_view digits) {
  while (skip_one_of(digits)) {
  }
}

// Anything that begins like a number; whether it is one, parse_go_number() decides.
Token TemplateLexer::number() {
  constexpr std::string_view decimal = "0123456789_";
  constexpr std::string_view hexadecimal = "0123456789abcdefABCDEF_";
  std::string_view digits = decimal;
  skip_one_of("+-");
  if (skip_one_of("0")) {
    if (skip_one_of("xX")) {
      digits = hexadecimal;
    } else if (skip_one_of("oO")) {
      digits = "01234567_";
    } else if (skip_one_of("bB")) {
      digits = "01_";
    }
  }
  skip_digits(digits);
  if (skip_one_of(".")) {
    skip_digits(digits);
  }
  if ((digits == decimal && skip_one_of("eE")) || (digits == hexadecimal && skip_one_of("pP"))) {
    skip_one_of("+-");
    skip_digits(decimal);
  }
  if (!at_end() && is_alphanumeric(peek_character())) {
    skip_character();
    return fail("bad number syntax: " + go_quote(text_.substr(start_, position_ - start_)));
  }
  return emit(TokenKind::number);
}

Token TemplateLexer::word() {
  while (!at_end() && is_alphanumeric(peek_character())) {
    skip_character();
  }
  if (!at_word_end()) {
    return fail("bad character " + shown_character());
  }
  return emit(kind_of_word(text_.substr(start_, position_ - start_)));
}

Token TemplateLexer::field_or_variable() {
  const bool variable = text_[position_] == '$';
  skip_character();
  if (at_word_end()) {
    return emit(variable ? TokenKind::variable : TokenKind::dot);
  }
  while (!at_end() && is_alphanumeric(peek_character())) {
    skip_character();
  }
  if (!at_word_end()) {
    return fail("bad character " + shown_character());
  }
  return emit(variable ? TokenKind::variable : TokenKind::field);
}

bool TemplateLexer::at_word_end() const {
  constexpr std::string_view terminators = " \t\r\n.,|:)(";
  return at_end() || terminators.find(text_[position_]) != std::string_view::npos || rest().starts_with(right_braces);
}

}  // namespace nacre::cli
