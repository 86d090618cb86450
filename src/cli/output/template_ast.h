// The syntax tree of a Go text/template. Offsets point into the template's text; source() gives a node back as Go
// prints it in its messages.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cli/output/go_number.h"

namespace nacre::cli::ast {

struct Pipeline;
struct Term;

using Path = std::vector<std::string>;  // .A.B is {"A", "B"}

struct Dot {};
struct Nil {};
struct Boolean {
  bool value;
};
struct Number {
  std::string source;
  GoNumber value;
};
struct String {
  std::string source;  // with quotes
  std::string value;
};
struct Field {
  Path path;
};
struct Variable {
  std::string name;  // with $
  Path path;
};
struct Function {
  std::string name;
};
struct Parenthesized {
  std::unique_ptr<Pipeline> pipeline;
};
struct Chain {  // (pipeline).A.B
  std::unique_ptr<Term> base;
  Path path;
};

struct Term {
  std::size_t offset;
  std::variant<Dot, Nil, Boolean, Number, String, Field, Variable, Function, Parenthesized, Chain> value;

  std::string source() const;
};

struct Command {
  std::size_t offset;
  std::vector<Term> words;  // never empty

  std::string source() const;
};

enum class Binding { none, declare, assign };

struct Pipeline {
  std::size_t offset;
  Binding binding = Binding::none;
  std::vector<std::string> variables;  // with $; two only for range
  std::vector<Command> commands;       // never empty

  std::string source() const;
};

struct Statement;
using List = std::vector<Statement>;

struct Text {
  std::string text;
};
struct Action {
  Pipeline pipeline;
};
enum class BranchKind { if_, with, range };
struct Branch {
  BranchKind kind;
  Pipeline pipeline;
  List body;
  List otherwise;  // empty without {{else}}
};
struct Call {  // {{template "name" pipeline}}
  std::size_t offset;
  std::string name;
  std::optional<Pipeline> pipeline;

  std::string source() const;
};
struct Break {};
struct Continue {};

struct Statement {
  std::variant<Text, Action, Branch, Call, Break, Continue> value;
};

// All templates of one text by name; the text itself is the one named "".
using Templates = std::map<std::string, List, std::less<>>;

}  // namespace nacre::cli::ast
