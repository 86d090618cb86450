#include "cli/output/template_eval.h"

#include <algorithm>
#include <ranges>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/output/go_quote.h"

namespace nacre::cli {
namespace {

struct OffsetOf {
  std::size_t operator()(std::monostate) const { return 0; }
  template <class Node>
  std::size_t operator()(const Node* node) const {
    return node->offset;
  }
};

struct SourceOf {
  std::string operator()(std::monostate) const { return ""; }
  template <class Node>
  std::string operator()(const Node* node) const {
    return node->source();
  }
};

bool is_constant(const ast::Term& term) {
  return std::holds_alternative<ast::Boolean>(term.value) || std::holds_alternative<ast::Number>(term.value) ||
         std::holds_alternative<ast::String>(term.value);
}

bool takes_nil(Parameter parameter) {
  return parameter != Parameter::text && parameter != Parameter::integer;
}

}  // namespace

TemplateEvaluator::Deeper::Deeper(TemplateEvaluator& evaluator) : evaluator_(evaluator) {
  if (++evaluator_.depth_ > max_depth) {
    --evaluator_.depth_;
    evaluator_.fail(fmt::format("exceeded maximum depth ({})", max_depth));
  }
}

void TemplateEvaluator::fail(const std::string& message) const {
  const std::string_view before = std::string_view(program_.text).substr(0, std::visit(OffsetOf{}, site_));
  const auto line = 1 + std::ranges::count(before, '\n');
  const std::size_t newline = before.rfind('\n');
  const std::size_t column = newline == std::string_view::npos ? before.size() : before.size() - newline - 1;
  throw Error(Code::invalid_argument, fmt::format("template: :{}:{}: executing {} at <{}>: {}", line, column,
                                                  go_quote(name_), std::visit(SourceOf{}, site_), message));
}

void TemplateEvaluator::set(std::string_view name, Value value) {
  const auto found =
      std::ranges::find_if(std::views::reverse(variables_), [&](const auto& v) { return v.first == name; });
  if (found == variables_.rend()) {
    fail(fmt::format("undefined variable: {}", name));
  }
  found->second = std::move(value);
}

std::pair<TemplateEvaluator::Variables, std::string_view> TemplateEvaluator::enter(std::string_view name,
                                                                                   Value dollar) {
  std::pair outer{std::exchange(variables_, {}), std::exchange(name_, name)};
  push("$", std::move(dollar));
  return outer;
}

void TemplateEvaluator::leave(std::pair<Variables, std::string_view> outer) {
  variables_ = std::move(outer.first);
  name_ = outer.second;
}

Value TemplateEvaluator::evaluate(const Value& dot, const ast::Pipeline& pipeline) {
  at(&pipeline);
  const Deeper deeper(*this);
  Final value;
  for (const ast::Command& stage : pipeline.commands) {
    value = command(dot, stage, value);
    value->boxed = false;
    if (value->as<Nil>() != nullptr) {
      value = Value{Missing{}};  // unpacking a nil interface leaves nothing
    }
  }
  for (const std::string& name : pipeline.variables) {
    if (pipeline.binding == ast::Binding::assign) {
      set(name, *value);
    } else {
      push(name, *value);
    }
  }
  return *std::move(value);
}

Value TemplateEvaluator::command(const Value& dot, const ast::Command& command, const Final& final) {
  const ast::Term& first = command.words[0];
  if (const auto* function = std::get_if<ast::Function>(&first.value)) {
    at(&first);
    return call(dot, *function, &command, command.words, final);
  }
  const Arguments arguments = command.words.size() > 1 || final ? Arguments::some : Arguments::none;
  if (std::holds_alternative<ast::Nil>(first.value) && arguments == Arguments::none) {
    at(&first);
    fail("nil is not a command");
  }
  return word(dot, first, arguments);
}

// A word that is no function call with arguments of its own.
Value TemplateEvaluator::word(const Value& dot, const ast::Term& term, Arguments arguments) {
  if (!std::holds_alternative<ast::Parenthesized>(term.value)) {
    at(&term);
  }
  step();
  if (const auto* own = std::get_if<ast::Field>(&term.value)) {
    return fields(dot, own->path, arguments);
  }
  if (const auto* chain = std::get_if<ast::Chain>(&term.value)) {
    return fields(word(dot, *chain->base), chain->path, arguments);
  }
  const auto* own = std::get_if<ast::Variable>(&term.value);
  if (own != nullptr && !own->path.empty()) {
    return fields(variable(*own), own->path, arguments);
  }
  if (arguments == Arguments::some) {
    fail(fmt::format("can't give argument to non-function {}", term.source()));
  }
  return own != nullptr ? variable(*own) : plain_word(dot, term);
}

Value TemplateEvaluator::plain_word(const Value& dot, const ast::Term& term) {
  if (const auto* boolean = std::get_if<ast::Boolean>(&term.value)) {
    return {boolean->value};
  }
  if (const auto* number = std::get_if<ast::Number>(&term.value)) {
    return constant(term, *number);
  }
  if (const auto* text = std::get_if<ast::String>(&term.value)) {
    return {TextValue{text->value, {}}};
  }
  if (const auto* function = std::get_if<ast::Function>(&term.value)) {
    return call(dot, *function, &term, {&term, 1}, std::nullopt);
  }
  if (const auto* parenthesized = std::get_if<ast::Parenthesized>(&term.value)) {
    return evaluate(dot, *parenthesized->pipeline);
  }
  return std::holds_alternative<ast::Dot>(term.value) ? dot : Value{Nil{}};
}

// Without a parameter to ask for a type, the way a number is written decides.
Value TemplateEvaluator::constant(const ast::Term& term, const ast::Number& number) {
  at(&term);
  if (number.value.written_as_float) {
    return {*number.value.floating};
  }
  if (!number.value.integer) {
    fail(fmt::format("{} overflows int", number.source));
  }
  return make_int(*number.value.integer);
}

Value TemplateEvaluator::variable(const ast::Variable& variable) const {
  const auto found = std::ranges::find_if(std::views::reverse(variables_),
                                          [&](const auto& known) { return known.first == variable.name; });
  if (found == variables_.rend()) {
    fail(fmt::format("undefined variable: {}", variable.name));
  }
  return found->second;
}

Value TemplateEvaluator::fields(const Value& receiver, const ast::Path& path, Arguments arguments) {
  Value value = receiver;
  for (std::size_t i = 0; i < path.size(); ++i) {
    value = field(value, path[i], i + 1 == path.size() ? arguments : Arguments::none);
  }
  return value;
}

Value TemplateEvaluator::field(const Value& receiver, const std::string& name, Arguments arguments) {
  step();
  if (receiver.as<Missing>() != nullptr) {
    if (program_.options.missing_field == MissingField::error) {
      fail(fmt::format("nil data; no entry for key {}", go_quote(name)));
    }
    return {Missing{}};
  }
  if (receiver.as<Nil>() != nullptr || receiver.as<NilPointer>() != nullptr) {
    fail(fmt::format("nil pointer evaluating {}.{}", static_type_name(receiver), name));
  }
  if (const auto* map = receiver.as<MapValue>()) {
    if (arguments == Arguments::some) {
      fail(fmt::format("{} is not a method but has arguments", name));
    }
    return field_of_map(*map, name);
  }
  if (const auto* structure = receiver.as<StructValue>()) {
    Value value = struct_field(*structure, name);
    if (value.as<Missing>() == nullptr) {
      if (arguments == Arguments::some) {
        fail(fmt::format("{} has arguments but cannot be invoked as function", name));
      }
      return value;
    }
    if (program_.options.missing_field == MissingField::error) {
      fail(fmt::format("map has no entry for key {}", go_quote(name)));
    }
  }
  fail(fmt::format("can't evaluate field {} in type {}", name, static_type_name(receiver)));
}

Value TemplateEvaluator::field_of_map(const MapValue& map, const std::string& name) {
  step(map_size(map) / 16);
  if (const Json* entry = find_entry(map, name)) {
    return element_value(*entry, element_shape(map));
  }
  // What is known to be a map may lack any key; only an object that could be a structure has no such excuse.
  if (map.shape == nullptr && program_.options.missing_field == MissingField::error) {
    fail(fmt::format("map has no entry for key {}", go_quote(name)));
  }
  return {Missing{}};
}

Value TemplateEvaluator::call(const Value& dot, const ast::Function& function, TemplateSite whole,
                              std::span<const ast::Term> words, const Final& final) {
  const TemplateFunction& known = find_template_function(function.name, functions_);
  words = words.subspan(1);
  check_count(known, words.size(), final);
  if (known.run == nullptr && known.name != "call") {
    return decide(dot, known.name == "or", words, final);
  }
  const auto parameter = [&](std::size_t index) {
    return index < known.fixed.size() ? known.fixed[index] : known.variadic[0];
  };
  std::vector<Value> arguments;
  for (const ast::Term& word : words) {
    arguments.push_back(argument(dot, parameter(arguments.size()), word));
  }
  if (final) {
    arguments.push_back(checked(*final, parameter(arguments.size())));
  }
  try {
    if (known.run == nullptr) {
      refuse_call(words, arguments);
    }
    return known.run({arguments, budget_, program_.options});
  } catch (const Error& error) {
    at(whole);
    fail(fmt::format("error calling {}: {}", function.name, error.message()));
  }
}

void TemplateEvaluator::check_count(const TemplateFunction& function, std::size_t words, const Final& final) const {
  const std::size_t given = words + (final ? 1 : 0);
  const std::size_t fixed = function.fixed.size();
  if (!function.variadic.empty() && given < fixed) {
    fail(fmt::format("wrong number of args for {}: want at least {} got {}", function.name, fixed, words));
  }
  if (function.variadic.empty() && given != fixed) {
    fail(fmt::format("wrong number of args for {}: want {} got {}", function.name, fixed, given));
  }
}

// `and` and `or`: the first argument whose truth decides, or the last one; what follows it is not evaluated.
Value TemplateEvaluator::decide(const Value& dot, bool stop_at, std::span<const ast::Term> words, const Final& final) {
  Value value{Missing{}};
  for (const ast::Term& word : words) {
    value = argument(dot, Parameter::value, word);
    if (is_true(value) == stop_at) {
      return value;
    }
  }
  return final ? *final : value;
}

// JSON has no functions, so there is nothing that `call` could call.
void TemplateEvaluator::refuse_call(std::span<const ast::Term> words, std::span<const Value> arguments) {
  if (arguments[0].is_nothing()) {
    throw Error(Code::invalid_argument, "call of nil");
  }
  const std::string callee = words.empty() ? "" : " " + words[0].source();
  throw Error(Code::invalid_argument, fmt::format("non-function{} of type {}", callee, type_name(arguments[0])));
}

Value TemplateEvaluator::argument(const Value& dot, Parameter parameter, const ast::Term& term) {
  at(&term);
  if (std::holds_alternative<ast::Nil>(term.value)) {
    if (!takes_nil(parameter)) {
      fail(fmt::format("cannot assign nil to {}", go_name(parameter)));
    }
    return parameter == Parameter::value ? Value{Missing{}} : Value{Nil{}};
  }
  return is_constant(term) ? constant_argument(parameter, term) : checked(word(dot, term), parameter);
}

Value TemplateEvaluator::constant_argument(Parameter parameter, const ast::Term& term) {
  switch (parameter) {
    case Parameter::any:
    case Parameter::value:
      break;
    case Parameter::text:
      if (!std::holds_alternative<ast::String>(term.value)) {
        fail(fmt::format("expected string; found {}", term.source()));
      }
      break;
    case Parameter::integer: {
      const auto* const number = std::get_if<ast::Number>(&term.value);
      if (number == nullptr || !number->value.integer) {
        fail(fmt::format("expected integer; found {}", term.source()));
      }
      return make_int(*number->value.integer);
    }
    case Parameter::texts:
      fail(fmt::format("can't handle {} for arg of type {}", term.source(), go_name(parameter)));
  }
  return word({Missing{}}, term);
}

// A value as an argument, if its type fits.
Value TemplateEvaluator::checked(Value value, Parameter parameter) const {
  if (value.as<Missing>() != nullptr) {
    if (!takes_nil(parameter)) {
      fail(fmt::format("invalid value; expected {}", go_name(parameter)));
    }
    return parameter == Parameter::any ? Value{Nil{}} : value;
  }
  const auto* const list = value.as<ListValue>();
  const auto* const integer = value.as<Integer>();
  const bool fits = parameter == Parameter::any || parameter == Parameter::value ||
                    (parameter == Parameter::text && value.as<TextValue>() != nullptr) ||
                    (parameter == Parameter::integer && integer != nullptr && integer->type == IntegerType::int_) ||
                    (parameter == Parameter::texts && list != nullptr && element_shape(*list) != nullptr &&
                     element_shape(*list)->kind == Shape::Kind::text);
  if (!fits) {
    fail(fmt::format("wrong type for value; expected {}; got {}", go_name(parameter), type_name(value)));
  }
  return value;
}

}  // namespace nacre::cli
