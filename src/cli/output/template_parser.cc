#include "cli/output/template_parser.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/output/go_quote.h"
#include "cli/output/template_functions.h"
#include "cli/output/template_tokens.h"

namespace nacre::cli {
namespace {

using ast::Binding;
using ast::BranchKind;

// What ends a list of statements.
enum class ListEnd { end, else_ };

// What the variables and {{break}}s of one template body can see. {{define}} and {{block}} start afresh.
struct Scope {
  std::vector<std::string> variables{"$"};
  int ranges = 0;
};

class Parser {
 public:
  explicit Parser(std::string_view text) : tokens_(text) {}

  ast::Templates parse();

 private:
  // Statements.
  bool parse_definition();
  ListEnd parse_list(ast::List& list);
  std::optional<ListEnd> parse_statement(ast::List& list);
  std::optional<ListEnd> parse_action(ast::List& list);
  ListEnd parse_else();
  ast::Statement parse_jump(const Token& keyword);
  ast::Branch parse_branch(BranchKind kind, std::string_view context);
  void parse_otherwise(ast::Branch& branch, std::string_view context);
  ast::Call parse_call();
  ast::Call parse_block();
  ast::List parse_body(std::string_view context);
  std::string parse_name(const Token& token, std::string_view context);
  void define(const std::string& name, ast::List list);

  // Pipelines.
  ast::Pipeline parse_pipeline(std::string_view context, TokenKind end);
  void parse_variables(ast::Pipeline& pipeline, std::string_view context);
  void check_pipeline(const ast::Pipeline& pipeline, std::string_view context) const;
  ast::Command parse_command();
  std::optional<ast::Term> parse_operand();
  std::optional<ast::Term> parse_term();
  ast::Term parse_variable(const Token& token) const;
  ast::Term parse_number(const Token& token) const;
  ast::Term parse_string(const Token& token) const;
  ast::Term parse_parenthesized();
  ast::Term with_fields(ast::Term term);

  class Deeper {
   public:
    explicit Deeper(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > max_template_nesting) {
        parser_.tokens_.fail(fmt::format("exceeded maximum nesting ({})", max_template_nesting));
      }
    }
    ~Deeper() { --parser_.depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;

   private:
    Parser& parser_;
  };

  TemplateTokens tokens_;
  int depth_ = 0;
  Scope scope_;
  ast::Templates templates_;
};

ast::Templates Parser::parse() {
  ast::List main;
  while (tokens_.peek().kind != TokenKind::end_of_input) {
    if (parse_definition()) {
      continue;
    }
    if (const std::optional<ListEnd> end = parse_statement(main)) {
      tokens_.fail(fmt::format("unexpected {}", *end == ListEnd::end ? "{{end}}" : "{{else}}"));
    }
  }
  define("", std::move(main));
  return std::move(templates_);
}

// {{define "name"}}, which stands at the top level only.
bool Parser::parse_definition() {
  if (tokens_.peek().kind != TokenKind::left_delimiter) {
    return false;
  }
  Token delimiter = tokens_.next();
  Token keyword = tokens_.next_past_space();
  if (keyword.kind != TokenKind::keyword_define) {
    tokens_.push_back(std::move(keyword));
    tokens_.push_back(std::move(delimiter));
    return false;
  }
  constexpr std::string_view context = "define clause";
  const std::string name = parse_name(tokens_.next_past_space(), context);
  tokens_.expect(TokenKind::right_delimiter, context);
  define(name, parse_body(context));
  return true;
}

ast::List Parser::parse_body(std::string_view context) {
  Scope outer = std::exchange(scope_, Scope{});
  ast::List body;
  if (parse_list(body) != ListEnd::end) {
    tokens_.fail(fmt::format("unexpected {{{{else}}}} in {}", context));
  }
  scope_ = std::move(outer);
  return body;
}

bool is_blank(const ast::List& list) {
  return std::ranges::all_of(list, [](const ast::Statement& statement) {
    const auto* text = std::get_if<ast::Text>(&statement.value);
    return text != nullptr && text->text.find_first_not_of(" \t\r\n\v\f") == std::string::npos;
  });
}

// An empty definition gives way to another; two with content are an error.
void Parser::define(const std::string& name, ast::List list) {
  const auto found = templates_.find(name);
  if (found == templates_.end() || is_blank(found->second)) {
    templates_.insert_or_assign(name, std::move(list));
  } else if (!is_blank(list)) {
    tokens_.fail(fmt::format("template: multiple definition of template {}", go_quote(name)));
  }
}

ListEnd Parser::parse_list(ast::List& list) {
  const Deeper deeper(*this);
  while (tokens_.peek_past_space().kind != TokenKind::end_of_input) {
    if (const std::optional<ListEnd> end = parse_statement(list)) {
      return *end;
    }
  }
  tokens_.fail("unexpected EOF");
}

std::optional<ListEnd> Parser::parse_statement(ast::List& list) {
  Token token = tokens_.next_past_space();
  if (token.kind == TokenKind::text) {
    list.push_back({ast::Text{std::move(token.text)}});
    return std::nullopt;
  }
  if (token.kind != TokenKind::left_delimiter) {
    tokens_.fail_unexpected(token, "input");
  }
  tokens_.begin_action(token.line);
  const std::optional<ListEnd> end = parse_action(list);
  tokens_.end_action();
  return end;
}

std::optional<ListEnd> Parser::parse_action(ast::List& list) {
  Token token = tokens_.next_past_space();
  if (token.kind == TokenKind::keyword_end) {
    tokens_.expect(TokenKind::right_delimiter, "end");
    return ListEnd::end;
  }
  if (token.kind == TokenKind::keyword_else) {
    return parse_else();
  }
  if (token.kind == TokenKind::keyword_if) {
    list.push_back({parse_branch(BranchKind::if_, token.text)});
  } else if (token.kind == TokenKind::keyword_with) {
    list.push_back({parse_branch(BranchKind::with, token.text)});
  } else if (token.kind == TokenKind::keyword_range) {
    list.push_back({parse_branch(BranchKind::range, token.text)});
  } else if (token.kind == TokenKind::keyword_template) {
    list.push_back({parse_call()});
  } else if (token.kind == TokenKind::keyword_block) {
    list.push_back({parse_block()});
  } else if (token.kind == TokenKind::keyword_break || token.kind == TokenKind::keyword_continue) {
    list.push_back(parse_jump(token));
  } else {
    tokens_.push_back(std::move(token));
    list.push_back({ast::Action{parse_pipeline("command", TokenKind::right_delimiter)}});
  }
  return std::nullopt;
}

// {{break}} or {{continue}}.
ast::Statement Parser::parse_jump(const Token& keyword) {
  const std::string action = "{{" + keyword.text + "}}";
  tokens_.expect(TokenKind::right_delimiter, action);
  if (scope_.ranges == 0) {
    tokens_.fail(action + " outside {{range}}");
  }
  return keyword.kind == TokenKind::keyword_break ? ast::Statement{ast::Break{}} : ast::Statement{ast::Continue{}};
}

// {{else}}; of {{else if …}} and {{else with …}} the second word is left for parse_otherwise().
ListEnd Parser::parse_else() {
  const TokenKind following = tokens_.peek_past_space().kind;
  if (following != TokenKind::keyword_if && following != TokenKind::keyword_with) {
    tokens_.expect(TokenKind::right_delimiter, "else");
  }
  return ListEnd::else_;
}

ast::Branch Parser::parse_branch(BranchKind kind, std::string_view context) {
  const std::size_t outer_variables = scope_.variables.size();
  ast::Branch branch{kind, parse_pipeline(context, TokenKind::right_delimiter), {}, {}};
  scope_.ranges += kind == BranchKind::range ? 1 : 0;
  const ListEnd end = parse_list(branch.body);
  scope_.ranges -= kind == BranchKind::range ? 1 : 0;
  if (end == ListEnd::else_) {
    parse_otherwise(branch, context);
  }
  scope_.variables.resize(outer_variables);
  return branch;
}

// "{{else if}}" reads as "{{else}}{{if}}" with one {{end}} for both; so does "{{else with}}".
void Parser::parse_otherwise(ast::Branch& branch, std::string_view context) {
  const TokenKind following = tokens_.peek().kind;
  const bool chained = (branch.kind == BranchKind::if_ && following == TokenKind::keyword_if) ||
                       (branch.kind == BranchKind::with && following == TokenKind::keyword_with);
  if (chained) {
    tokens_.next();
    const Deeper deeper(*this);
    branch.otherwise.push_back({parse_branch(branch.kind, context)});
    return;
  }
  if (parse_list(branch.otherwise) != ListEnd::end) {
    tokens_.fail("expected end; found {{else}}");
  }
}

std::string Parser::parse_name(const Token& token, std::string_view context) {
  if (token.kind != TokenKind::string && token.kind != TokenKind::raw_string) {
    tokens_.fail_unexpected(token, context);
  }
  std::optional<std::string> name = go_unquote(token.text);
  if (!name) {
    tokens_.fail("invalid syntax");
  }
  return *std::move(name);
}

ast::Call Parser::parse_call() {
  constexpr std::string_view context = "template clause";
  const Token token = tokens_.next_past_space();
  ast::Call call{token.offset, parse_name(token, context), std::nullopt};
  Token following = tokens_.next_past_space();
  if (following.kind != TokenKind::right_delimiter) {
    tokens_.push_back(std::move(following));
    call.pipeline = parse_pipeline(context, TokenKind::right_delimiter);
  }
  return call;
}

// {{block}} defines a template and calls it on the spot.
ast::Call Parser::parse_block() {
  constexpr std::string_view context = "block clause";
  const Token token = tokens_.next_past_space();
  ast::Call call{token.offset, parse_name(token, context), std::nullopt};
  call.pipeline = parse_pipeline(context, TokenKind::right_delimiter);
  define(call.name, parse_body(context));
  return call;
}

bool starts_operand(TokenKind kind) {
  constexpr std::array kinds = {TokenKind::boolean,     TokenKind::char_constant, TokenKind::dot,
                                TokenKind::field,       TokenKind::identifier,    TokenKind::number,
                                TokenKind::keyword_nil, TokenKind::raw_string,    TokenKind::string,
                                TokenKind::variable,    TokenKind::left_paren};
  return std::ranges::find(kinds, kind) != kinds.end();
}

ast::Pipeline Parser::parse_pipeline(std::string_view context, TokenKind end) {
  const Deeper deeper(*this);
  ast::Pipeline pipeline{tokens_.peek_past_space().offset, Binding::none, {}, {}};
  parse_variables(pipeline, context);
  while (true) {
    Token token = tokens_.next_past_space();
    if (token.kind == end) {
      check_pipeline(pipeline, context);
      return pipeline;
    }
    if (!starts_operand(token.kind)) {
      tokens_.fail_unexpected(token, context);
    }
    tokens_.push_back(std::move(token));
    pipeline.commands.push_back(parse_command());
  }
}

// "$x :=", "$x =" or, for range, "$i, $x :=". A variable that none of these follows is an operand, and goes back.
void Parser::parse_variables(ast::Pipeline& pipeline, std::string_view context) {
  while (tokens_.peek_past_space().kind == TokenKind::variable) {
    Token variable = tokens_.next();
    Token after = tokens_.next();
    std::optional<Token> space;
    if (after.kind == TokenKind::space) {
      space = std::exchange(after, tokens_.next_past_space());
    }
    const bool comma = after.kind == TokenKind::punctuation && after.text == ",";
    if (after.kind != TokenKind::assign && after.kind != TokenKind::declare && !comma) {
      tokens_.push_back(std::move(after));
      if (space) {
        tokens_.push_back(*std::move(space));
      }
      tokens_.push_back(std::move(variable));
      return;
    }
    pipeline.variables.push_back(variable.text);
    scope_.variables.push_back(variable.text);
    pipeline.binding = after.kind == TokenKind::assign ? Binding::assign : Binding::declare;
    if (!comma) {
      return;
    }
    if (context != "range" || pipeline.variables.size() >= 2) {
      tokens_.fail(fmt::format("too many declarations in {}", context));
    }
    const TokenKind following = tokens_.peek_past_space().kind;
    if (following != TokenKind::variable && following != TokenKind::right_delimiter &&
        following != TokenKind::right_paren) {
      tokens_.fail("range can only initialize variables");
    }
  }
}

void Parser::check_pipeline(const ast::Pipeline& pipeline, std::string_view context) const {
  if (pipeline.commands.empty()) {
    tokens_.fail(fmt::format("missing value for {}", context));
  }
  for (std::size_t i = 1; i < pipeline.commands.size(); ++i) {
    const auto& first = pipeline.commands[i].words[0].value;
    if (std::holds_alternative<ast::Boolean>(first) || std::holds_alternative<ast::Dot>(first) ||
        std::holds_alternative<ast::Nil>(first) || std::holds_alternative<ast::Number>(first) ||
        std::holds_alternative<ast::String>(first)) {
      tokens_.fail(fmt::format("non executable command in pipeline stage {}", i + 1));
    }
  }
}

ast::Command Parser::parse_command() {
  ast::Command command{tokens_.peek_past_space().offset, {}};
  while (true) {
    tokens_.peek_past_space();
    if (std::optional<ast::Term> operand = parse_operand()) {
      command.words.push_back(*std::move(operand));
    }
    Token token = tokens_.next();
    if (token.kind == TokenKind::space) {
      continue;
    }
    if (token.kind == TokenKind::right_delimiter || token.kind == TokenKind::right_paren) {
      tokens_.push_back(std::move(token));
    } else if (token.kind != TokenKind::pipe) {
      tokens_.fail_unexpected(token, "operand");
    }
    break;
  }
  if (command.words.empty()) {
    tokens_.fail("empty command");
  }
  return command;
}

std::optional<ast::Term> Parser::parse_operand() {
  std::optional<ast::Term> term = parse_term();
  if (!term || tokens_.peek().kind != TokenKind::field) {
    return term;
  }
  return with_fields(*std::move(term));
}

// Adds the fields that follow a term without a space.
ast::Term Parser::with_fields(ast::Term term) {
  const std::size_t offset = tokens_.peek().offset;
  ast::Path path;
  while (tokens_.peek().kind == TokenKind::field) {
    path.push_back(tokens_.next().text.substr(1));
  }
  const auto append = [&](ast::Path& own) { own.insert(own.end(), path.begin(), path.end()); };
  if (auto* field = std::get_if<ast::Field>(&term.value)) {
    append(field->path);
    term.offset = offset;  // Go's messages count from the last part
    return term;
  }
  if (auto* variable = std::get_if<ast::Variable>(&term.value)) {
    append(variable->path);
    term.offset = offset;
    return term;
  }
  if (std::holds_alternative<ast::Function>(term.value) || std::holds_alternative<ast::Parenthesized>(term.value)) {
    return {offset, ast::Chain{std::make_unique<ast::Term>(std::move(term)), std::move(path)}};
  }
  tokens_.fail(fmt::format("unexpected . after term {}", go_quote(term.source())));
}

std::optional<ast::Term> Parser::parse_term() {
  Token token = tokens_.next_past_space();
  if (!starts_operand(token.kind)) {
    tokens_.push_back(std::move(token));
    return std::nullopt;
  }
  if (token.kind == TokenKind::identifier) {
    if (!is_template_function(token.text)) {
      tokens_.fail(fmt::format("function {} not defined", go_quote(token.text)));
    }
    return ast::Term{token.offset, ast::Function{token.text}};
  }
  if (token.kind == TokenKind::dot) {
    return ast::Term{token.offset, ast::Dot{}};
  }
  if (token.kind == TokenKind::keyword_nil) {
    return ast::Term{token.offset, ast::Nil{}};
  }
  if (token.kind == TokenKind::field) {
    return ast::Term{token.offset, ast::Field{{token.text.substr(1)}}};
  }
  if (token.kind == TokenKind::boolean) {
    return ast::Term{token.offset, ast::Boolean{token.text == "true"}};
  }
  if (token.kind == TokenKind::variable) {
    return parse_variable(token);
  }
  if (token.kind == TokenKind::char_constant || token.kind == TokenKind::number) {
    return parse_number(token);
  }
  return token.kind == TokenKind::left_paren ? parse_parenthesized() : parse_string(token);
}

ast::Term Parser::parse_parenthesized() {
  auto pipeline = std::make_unique<ast::Pipeline>(parse_pipeline("parenthesized pipeline", TokenKind::right_paren));
  const std::size_t offset = pipeline->offset;
  return {offset, ast::Parenthesized{std::move(pipeline)}};
}

ast::Term Parser::parse_string(const Token& token) const {
  std::optional<std::string> text = go_unquote(token.text);
  if (!text) {
    tokens_.fail("invalid syntax");
  }
  return {token.offset, ast::String{token.text, *std::move(text)}};
}

ast::Term Parser::parse_variable(const Token& token) const {
  if (std::ranges::find(scope_.variables, token.text) == scope_.variables.end()) {
    tokens_.fail(fmt::format("undefined variable {}", go_quote(token.text)));
  }
  return {token.offset, ast::Variable{token.text, {}}};
}

ast::Term Parser::parse_number(const Token& token) const {
  const std::expected<GoNumber, NumberError> number = parse_go_number(token.text);
  if (number) {
    return {token.offset, ast::Number{token.text, *number}};
  }
  if (token.kind == TokenKind::char_constant) {
    tokens_.fail(fmt::format("malformed character constant: {}", token.text));
  }
  const char* const what = number.error() == NumberError::overflow ? "integer overflow" : "illegal number syntax";
  tokens_.fail(fmt::format("{}: {}", what, go_quote(token.text)));
}

}  // namespace

ast::Templates parse_template(std::string_view text) {
  return Parser(text).parse();
}

}  // namespace nacre::cli
