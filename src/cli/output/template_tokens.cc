#include "cli/output/template_tokens.h"

#include <utility>

#include <fmt/format.h>

#include "base/error.h"

namespace nacre::cli {

Token TemplateTokens::next() {
  if (!pushed_back_.empty()) {
    Token token = std::move(pushed_back_.back());
    pushed_back_.pop_back();
    return token;
  }
  Token token = lexer_.next();
  line_ = token.line;
  return token;
}

Token TemplateTokens::next_past_space() {
  Token token = next();
  while (token.kind == TokenKind::space) {
    token = next();
  }
  return token;
}

const Token& TemplateTokens::peek() {
  push_back(next());
  return pushed_back_.back();
}

const Token& TemplateTokens::peek_past_space() {
  push_back(next_past_space());
  return pushed_back_.back();
}

Token TemplateTokens::expect(TokenKind kind, std::string_view context) {
  Token token = next_past_space();
  if (token.kind != kind) {
    fail_unexpected(token, context);
  }
  return token;
}

void TemplateTokens::fail(const std::string& message) const {
  throw Error(Code::invalid_argument, fmt::format("template: :{}: {}", line_, message));
}

void TemplateTokens::fail_unexpected(const Token& token, std::string_view context) const {
  if (token.kind != TokenKind::error) {
    fail(fmt::format("unexpected {} in {}", token.shown(), context));
  }
  std::string started;
  if (action_line_ != 0 && action_line_ != token.line) {
    started = fmt::format("{} started at :{}", token.text.ends_with(" action") ? "" : " in action", action_line_);
  }
  fail(token.shown() + started);
}

}  // namespace nacre::cli
