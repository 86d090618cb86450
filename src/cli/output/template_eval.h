// Evaluates the pipelines of a template: fields, variables, constants, function calls.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"
#include "cli/output/template_ast.h"
#include "cli/output/template_budget.h"
#include "cli/output/template_functions.h"
#include "cli/output/template_program.h"
#include "cli/output/template_value.h"

namespace nacre::cli {

// The node a message points at.
using TemplateSite =
    std::variant<std::monostate, const ast::Term*, const ast::Command*, const ast::Pipeline*, const ast::Call*>;

class TemplateEvaluator {
 public:
  // Lists and pipelines that run inside each other, over all templates: what the stack of a thread surely holds.
  static constexpr int max_depth = 1500;

  TemplateEvaluator(const TemplateProgram& program, FunctionSet functions) : program_(program), functions_(functions) {}

  // The value of a pipeline; its variables are declared or set. Throws Error with the place.
  Value evaluate(const Value& dot, const ast::Pipeline& pipeline);

  TemplateBudget& budget() { return budget_; }

  // Variables, innermost last.
  void push(std::string_view name, Value value) { variables_.emplace_back(name, std::move(value)); }
  void set(std::string_view name, Value value);
  // Sets the variable that was declared `distance` before the last one.
  void set_recent(std::size_t distance, Value value) {
    variables_[variables_.size() - 1 - distance].second = std::move(value);
  }
  std::size_t mark() const { return variables_.size(); }
  void forget_after(std::size_t mark) { variables_.resize(mark); }

  using Variables = std::vector<std::pair<std::string_view, Value>>;
  // Starts the body of another template: `$` is all it sees. Returns what leave() wants back.
  std::pair<Variables, std::string_view> enter(std::string_view name, Value dollar);
  void leave(std::pair<Variables, std::string_view> outer);

  void at(TemplateSite site) { site_ = site; }
  [[noreturn]] void fail(const std::string& message) const;
  // Runs something whose Errors do not know the place, and adds it.
  template <class Body>
  void placed(Body&& body) {
    try {
      std::forward<Body>(body)();
    } catch (const Error& error) {
      fail(error.message());
    }
  }

  void step(std::uint64_t count = 1) {
    placed([&] { budget_.spend_steps(count); });
  }

  class Deeper {
   public:
    explicit Deeper(TemplateEvaluator& evaluator);
    ~Deeper() { --evaluator_.depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;

   private:
    TemplateEvaluator& evaluator_;
  };

 private:
  using Final = std::optional<Value>;  // what the stage before in the pipeline hands on

  // Whether words or a final value follow the term in question, as only a method could use them.
  enum class Arguments { none, some };

  Value command(const Value& dot, const ast::Command& command, const Final& final);
  Value word(const Value& dot, const ast::Term& term, Arguments arguments = Arguments::none);
  Value plain_word(const Value& dot, const ast::Term& term);
  Value constant(const ast::Term& term, const ast::Number& number);
  Value variable(const ast::Variable& variable) const;

  Value fields(const Value& receiver, const ast::Path& path, Arguments arguments);
  Value field(const Value& receiver, const std::string& name, Arguments arguments);
  Value field_of_map(const MapValue& map, const std::string& name);

  Value call(const Value& dot, const ast::Function& function, TemplateSite whole, std::span<const ast::Term> words,
             const Final& final);
  void check_count(const TemplateFunction& function, std::size_t words, const Final& final) const;
  Value decide(const Value& dot, bool stop_at, std::span<const ast::Term> words, const Final& final);
  [[noreturn]] void refuse_call(std::span<const ast::Term> words, std::span<const Value> arguments);
  Value argument(const Value& dot, Parameter parameter, const ast::Term& term);
  Value constant_argument(Parameter parameter, const ast::Term& term);
  Value checked(Value value, Parameter parameter) const;

  const TemplateProgram& program_;
  FunctionSet functions_;
  TemplateBudget budget_;
  Variables variables_;
  std::string_view name_;  // of the running template
  TemplateSite site_;
  int depth_ = 0;
};

}  // namespace nacre::cli
