// The functions a template can call: Go's own and docker's.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/output/template.h"
#include "cli/output/template_budget.h"
#include "cli/output/template_value.h"

namespace nacre::cli {

// What a parameter takes: Go's interface{}, reflect.Value, string, int and []string. The first two take anything; they
// differ in that interface{} turns a missing value into nil.
enum class Parameter { any, value, text, integer, texts };

std::string_view go_name(Parameter parameter);

struct FunctionCall {
  std::span<const Value> arguments;  // checked against the parameters
  TemplateBudget& budget;
  const TemplateOptions& options;
};

struct TemplateFunction {
  // nullptr for `and`, `or` and `call`, which are the evaluator's.
  using Run = Value (*)(const FunctionCall&);

  std::string_view name;
  std::vector<Parameter> fixed;
  std::vector<Parameter> variadic;  // empty, or the one kind that any further arguments have
  Run run;
};

// headers: for the header row of a table, where docker's text functions leave the title alone.
enum class FunctionSet { values, headers };

bool is_template_function(std::string_view name);
const TemplateFunction& find_template_function(std::string_view name, FunctionSet set);

// Parts of the table, each in its own file. All throw Error with Go's words, without the place.
Value template_index(const FunctionCall& call);
Value template_slice(const FunctionCall& call);
Value template_length(const FunctionCall& call);
Value template_eq(const FunctionCall& call);
Value template_ne(const FunctionCall& call);
Value template_lt(const FunctionCall& call);
Value template_le(const FunctionCall& call);
Value template_gt(const FunctionCall& call);
Value template_ge(const FunctionCall& call);
Value template_json(const FunctionCall& call);
Value template_split(const FunctionCall& call);
Value template_join(const FunctionCall& call);
Value template_title(const FunctionCall& call);
Value template_lower(const FunctionCall& call);
Value template_upper(const FunctionCall& call);
Value template_pad(const FunctionCall& call);
Value template_truncate(const FunctionCall& call);

}  // namespace nacre::cli
