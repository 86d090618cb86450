// Tokens of a Go text/template.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace nacre::cli {

enum class TokenKind {
  error,  // text is the message
  end_of_input,
  text,  // what stands outside the braces, trimmed where a marker asks for it
  left_delimiter,
  right_delimiter,
  space,
  left_paren,
  right_paren,
  pipe,
  assign,       // =
  declare,      // :=
  punctuation,  // any other printable ASCII character
  boolean,
  char_constant,  // with its quotes
  number,
  string,      // with its quotes
  raw_string,  // with its backquotes
  field,       // with its dot
  identifier,
  variable,  // with its $
  dot,
  keyword_nil,
  keyword_block,
  keyword_break,
  keyword_continue,
  keyword_define,
  keyword_else,
  keyword_end,
  keyword_if,
  keyword_range,
  keyword_template,
  keyword_with,
};

struct Token {
  TokenKind kind;
  std::size_t offset;  // into the template
  int line;            // of the token's start, from 1
  std::string text;

  // As Go's messages show it: a quoted beginning, <keyword>, EOF, or the error itself.
  std::string shown() const;
};

// Cuts a template into tokens, one at a time. After an error or the end there is only that token, again and again.
class TemplateLexer {
 public:
  // text must outlive the lexer.
  explicit TemplateLexer(std::string_view text) : text_(text) {}

  Token next();

 private:
  std::string_view rest() const { return text_.substr(position_); }
  bool at_end() const { return position_ == text_.size(); }
  char32_t peek_character() const;  // 0 at the end
  void skip_character();
  void skip_spaces();  // those that a trim marker eats
  void start_token() { start_ = position_; }
  Token emit(TokenKind kind);
  Token fail(std::string message);

  Token next_outside();
  Token next_inside();
  bool skip_comment(Token& error);
  Token punctuation();
  Token right_delimiter();
  Token spaces();
  Token quoted(char quote, TokenKind kind, std::string_view what);
  Token raw_quoted();
  Token number();
  Token word();
  Token field_or_variable();
  void skip_digits(std::string_view digits);
  bool skip_one_of(std::string_view characters);
  bool at_word_end() const;
  bool at_right_delimiter() const;
  std::string shown_character() const;

  std::string_view text_;
  std::size_t position_ = 0;
  std::size_t start_ = 0;
  int line_ = 1;             // at counted_
  std::size_t counted_ = 0;  // newlines before this offset are in line_
  bool inside_ = false;
  int parens_ = 0;
  bool finished_ = false;
  Token last_{TokenKind::end_of_input, 0, 1, ""};
};

}  // namespace nacre::cli
