// Walks the statements of a template and writes its output.
#include <utility>

#include <fmt/format.h>

#include "cli/output/go_print.h"
#include "cli/output/go_quote.h"
#include "cli/output/template_eval.h"
#include "cli/output/template_program.h"

namespace nacre::cli {
namespace {

// How a list of statements ended.
enum class Flow { on, break_, continue_ };

class Executor {
 public:
  Executor(const TemplateProgram& program, FunctionSet functions) : program_(program), evaluator_(program, functions) {}

  TemplateRun run(const Value& data) {
    TemplateRun result;
    try {
      body("", data);
    } catch (Error& error) {
      result.failure = std::move(error);
    }
    result.output = std::move(output_);
    return result;
  }

 private:
  static constexpr int max_templates = 1000;  // {{template}}s inside each other

  void body(std::string_view name, const Value& data) {
    auto outer = evaluator_.enter(name, data);
    list(data, program_.templates.find(name)->second);
    evaluator_.leave(std::move(outer));
  }

  Flow list(const Value& dot, const ast::List& statements) {
    const TemplateEvaluator::Deeper deeper(evaluator_);
    for (const ast::Statement& statement : statements) {
      if (const Flow flow = run_statement(dot, statement); flow != Flow::on) {
        return flow;
      }
    }
    return Flow::on;
  }

  Flow run_statement(const Value& dot, const ast::Statement& statement) {
    if (const auto* text = std::get_if<ast::Text>(&statement.value)) {
      write(text->text);
    } else if (const auto* action = std::get_if<ast::Action>(&statement.value)) {
      const Value value = evaluator_.evaluate(dot, action->pipeline);
      if (action->pipeline.variables.empty()) {
        print(value);
      }
    } else if (const auto* branch = std::get_if<ast::Branch>(&statement.value)) {
      return branch->kind == ast::BranchKind::range ? range(dot, *branch) : if_or_with(dot, *branch);
    } else if (const auto* call = std::get_if<ast::Call>(&statement.value)) {
      call_template(dot, *call);
    } else {
      return std::holds_alternative<ast::Break>(statement.value) ? Flow::break_ : Flow::continue_;
    }
    return Flow::on;
  }

  void write(std::string_view text) {
    evaluator_.placed([&] { evaluator_.budget().spend_text(text.size()); });
    output_ += text;
  }

  void print(const Value& value) {
    if (value.as<Missing>() != nullptr) {
      write("<no value>");
    } else if (const auto* text = value.as<TextValue>()) {
      write(text->view);
    } else {
      evaluator_.placed([&] { output_ += go_sprint({&value, 1}, evaluator_.budget()); });
    }
  }

  Flow if_or_with(const Value& dot, const ast::Branch& branch) {
    const std::size_t mark = evaluator_.mark();
    const Value value = evaluator_.evaluate(dot, branch.pipeline);
    Flow flow = Flow::on;
    if (is_true(value)) {
      flow = list(branch.kind == ast::BranchKind::with ? value : dot, branch.body);
    } else {
      flow = list(dot, branch.otherwise);
    }
    evaluator_.forget_after(mark);
    return flow;
  }

  Flow range(const Value& dot, const ast::Branch& branch) {
    const std::size_t mark = evaluator_.mark();
    const Value value = evaluator_.evaluate(dot, branch.pipeline);
    Flow flow = Flow::on;
    if (!range_over(value, branch)) {
      flow = list(dot, branch.otherwise);
    }
    evaluator_.forget_after(mark);
    return flow;
  }

  // Returns whether there was anything to go through.
  bool range_over(const Value& value, const ast::Branch& branch) {
    if (const auto* items = value.as<ListValue>()) {
      const Shape* const element = element_shape(*items);
      for (std::size_t i = 0; i < items->items.size(); ++i) {
        if (!iterate(make_int(static_cast<std::int64_t>(i)), list_item(*items, i, element), branch)) {
          break;
        }
      }
      return !items->items.empty();
    }
    if (const auto* map = value.as<MapValue>()) {
      const Shape* const element = element_shape(*map);
      for (const auto& [key, entry] : sorted_entries(*map)) {
        if (!iterate({TextValue{key, {}}}, element_value(*entry, element), branch)) {
          break;
        }
      }
      return map_size(*map) != 0;
    }
    if (const auto* count = value.as<Integer>()) {
      return range_over_count(value, *count, branch);
    }
    if (value.as<Missing>() == nullptr) {
      evaluator_.fail("range can't iterate over " + go_sprint({&value, 1}, evaluator_.budget()));
    }
    return false;
  }

  bool range_over_count(const Value& value, const Integer& count, const ast::Branch& branch) {
    if (branch.pipeline.variables.size() > 1) {
      evaluator_.fail(fmt::format("can't use {} to iterate over more than one variable",
                                  go_sprint({&value, 1}, evaluator_.budget())));
    }
    const std::uint64_t end = count.is_unsigned() || count.value > 0 ? count.bits() : 0;
    for (std::uint64_t i = 0; i < end; ++i) {
      if (!iterate({Missing{}}, {Integer{static_cast<std::int64_t>(i), count.type}}, branch)) {
        break;
      }
    }
    return end != 0;
  }

  // One turn of a loop; false to end it.
  bool iterate(const Value& index, const Value& element, const ast::Branch& branch) {
    const ast::Pipeline& pipeline = branch.pipeline;
    const std::size_t mark = evaluator_.mark();
    evaluator_.step();
    const bool two = pipeline.variables.size() > 1;
    if (!pipeline.variables.empty() && pipeline.binding == ast::Binding::assign) {
      evaluator_.set(pipeline.variables[0], two ? index : element);
      if (two) {
        evaluator_.set(pipeline.variables[1], element);
      }
    } else if (!pipeline.variables.empty()) {
      evaluator_.set_recent(0, element);
      if (two) {
        evaluator_.set_recent(1, index);
      }
    }
    const Flow flow = list(element, branch.body);
    evaluator_.forget_after(mark);
    return flow != Flow::break_;
  }

  void call_template(const Value& dot, const ast::Call& call) {
    evaluator_.at(&call);
    const auto found = program_.templates.find(call.name);
    if (found == program_.templates.end()) {
      evaluator_.fail(fmt::format("template {} not defined", go_quote(call.name)));
    }
    if (templates_ == max_templates) {
      evaluator_.fail(fmt::format("exceeded maximum template depth ({})", max_templates));
    }
    const Value data = call.pipeline ? evaluator_.evaluate(dot, *call.pipeline) : Value{Missing{}};
    ++templates_;
    body(found->first, data);
    --templates_;
  }

  const TemplateProgram& program_;
  TemplateEvaluator evaluator_;
  std::string output_;
  int templates_ = 0;
};

}  // namespace

TemplateRun run_template(const TemplateProgram& program, const Value& data, FunctionSet functions) {
  return Executor(program, functions).run(data);
}

}  // namespace nacre::cli
