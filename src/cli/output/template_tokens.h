// The tokens of a template as its parser wants them: with a look ahead, and with the place for messages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/output/template_lexer.h"

namespace nacre::cli {

class TemplateTokens {
 public:
  // text must outlive this.
  explicit TemplateTokens(std::string_view text) : lexer_(text) {}

  Token next();
  Token next_past_space();
  // The token that next() will return. Valid until then.
  const Token& peek();
  // The same, after dropping spaces.
  const Token& peek_past_space();
  // Makes the token the next one; of several, the one put back last comes first.
  void push_back(Token token) { pushed_back_.push_back(std::move(token)); }

  // The next token that is no space, which must be of this kind. context: what it stands in, for the message.
  Token expect(TokenKind kind, std::string_view context);

  // An action begins or ends on the line; messages about what goes wrong further down say where it began.
  void begin_action(int line) { action_line_ = line; }
  void end_action() { action_line_ = 0; }

  // Throw Error (invalid_argument) with the line of the token read last.
  [[noreturn]] void fail(const std::string& message) const;
  [[noreturn]] void fail_unexpected(const Token& token, std::string_view context) const;

 private:
  TemplateLexer lexer_;
  std::vector<Token> pushed_back_;
  int line_ = 1;
  int action_line_ = 0;  // 0 outside an action
};

}  // namespace nacre::cli
