#include "cli/output/template_ast.h"

#include <fmt/format.h>

#include "cli/output/go_quote.h"

namespace nacre::cli::ast {
namespace {

std::string dotted(const Path& path) {
  std::string text;
  for (const std::string& name : path) {
    text += '.' + name;
  }
  return text;
}

struct SourceOf {
  std::string operator()(const Dot&) const { return "."; }
  std::string operator()(const Nil&) const { return "nil"; }
  std::string operator()(const Boolean& term) const { return term.value ? "true" : "false"; }
  std::string operator()(const Number& term) const { return term.source; }
  std::string operator()(const String& term) const { return term.source; }
  std::string operator()(const Field& term) const { return dotted(term.path); }
  std::string operator()(const Variable& term) const { return term.name + dotted(term.path); }
  std::string operator()(const Function& term) const { return term.name; }
  std::string operator()(const Parenthesized& term) const { return term.pipeline->source(); }
  std::string operator()(const Chain& term) const { return in_parentheses(*term.base) + dotted(term.path); }

  static std::string in_parentheses(const Term& term) {
    const bool pipeline = std::holds_alternative<Parenthesized>(term.value);
    return pipeline ? "(" + term.source() + ")" : term.source();
  }
};

}  // namespace

std::string Term::source() const {
  return std::visit(SourceOf{}, value);
}

std::string Command::source() const {
  std::string text;
  for (const Term& word : words) {
    text += (text.empty() ? "" : " ") + SourceOf::in_parentheses(word);
  }
  return text;
}

std::string Pipeline::source() const {
  std::string text;
  for (const std::string& variable : variables) {
    text += (text.empty() ? "" : ", ") + variable;
  }
  if (!variables.empty()) {
    text += binding == Binding::assign ? " = " : " := ";
  }
  for (std::size_t i = 0; i < commands.size(); ++i) {
    text += (i == 0 ? "" : " | ") + commands[i].source();
  }
  return text;
}

std::string Call::source() const {
  return fmt::format("{{{{template {}{}}}}}", go_quote(name), pipeline ? " " + pipeline->source() : "");
}

}  // namespace nacre::cli::ast
