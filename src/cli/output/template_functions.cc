#include "cli/output/template_functions.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "cli/output/go_escape.h"
#include "cli/output/go_print.h"

namespace nacre::cli {
namespace {

using enum Parameter;

Value print(const FunctionCall& call) {
  return make_text(go_sprint(call.arguments, call.budget));
}

Value println(const FunctionCall& call) {
  return make_text(go_sprintln(call.arguments, call.budget));
}

Value printf(const FunctionCall& call) {
  const std::string_view format = call.arguments[0].as<TextValue>()->view;
  return make_text(go_sprintf(format, call.arguments.subspan(1), call.budget));
}

Value negate(const FunctionCall& call) {
  return {!is_true(call.arguments[0])};
}

// The arguments of an escaping function as one text: like print, but nil shows as a template shows it.
std::string joined(const FunctionCall& call) {
  std::vector<Value> shown(call.arguments.begin(), call.arguments.end());
  for (Value& value : shown) {
    if (value.is_nothing()) {
      value = make_text("<no value>");
    }
  }
  return go_sprint(shown, call.budget);
}

template <std::string (*escape)(std::string_view)>
Value escaped(const FunctionCall& call) {
  const std::string text = joined(call);
  constexpr std::uint64_t longest_escape = 6;
  call.budget.check_text(text.size() * longest_escape);
  std::string result = escape(text);
  call.budget.spend_text(result.size());
  return make_text(std::move(result));
}

Value unchanged(const FunctionCall& call) {
  return call.arguments[0];
}

const std::array<TemplateFunction, 27>& value_functions() {
  static const std::array<TemplateFunction, 27> functions{{
      {"and", {value}, {value}, nullptr},
      {"or", {value}, {value}, nullptr},
      {"call", {value}, {value}, nullptr},
      {"not", {value}, {}, negate},
      {"index", {value}, {value}, template_index},
      {"slice", {value}, {value}, template_slice},
      {"len", {value}, {}, template_length},
      {"eq", {value}, {value}, template_eq},
      {"ne", {value, value}, {}, template_ne},
      {"lt", {value, value}, {}, template_lt},
      {"le", {value, value}, {}, template_le},
      {"gt", {value, value}, {}, template_gt},
      {"ge", {value, value}, {}, template_ge},
      {"print", {}, {any}, print},
      {"println", {}, {any}, println},
      {"printf", {text}, {any}, printf},
      {"html", {}, {any}, escaped<escape_html>},
      {"js", {}, {any}, escaped<escape_js>},
      {"urlquery", {}, {any}, escaped<escape_url_query>},
      {"json", {any}, {}, template_json},
      {"split", {text, text}, {}, template_split},
      {"join", {texts, text}, {}, template_join},
      {"title", {text}, {}, template_title},
      {"lower", {text}, {}, template_lower},
      {"upper", {text}, {}, template_upper},
      {"pad", {text, integer, integer}, {}, template_pad},
      {"truncate", {text, integer}, {}, template_truncate},
  }};
  return functions;
}

const std::array<TemplateFunction, 7>& header_functions() {
  static const std::array<TemplateFunction, 7> functions{{
      {"json", {text}, {}, unchanged},
      {"split", {text, text}, {}, unchanged},
      {"join", {text, text}, {}, unchanged},
      {"title", {text}, {}, unchanged},
      {"lower", {text}, {}, unchanged},
      {"upper", {text}, {}, unchanged},
      {"truncate", {text, integer}, {}, unchanged},
  }};
  return functions;
}

template <std::size_t size>
const TemplateFunction* find(const std::array<TemplateFunction, size>& functions, std::string_view name) {
  const auto* const found =
      std::ranges::find_if(functions, [&](const auto& function) { return function.name == name; });
  return found == functions.end() ? nullptr : found;
}

}  // namespace

std::string_view go_name(Parameter parameter) {
  switch (parameter) {
    case Parameter::any:
      return "interface {}";
    case Parameter::value:
      return "reflect.Value";
    case Parameter::text:
      return "string";
    case Parameter::integer:
      return "int";
    case Parameter::texts:
      return "[]string";
  }
  return "";
}

bool is_template_function(std::string_view name) {
  return find(value_functions(), name) != nullptr;
}

const TemplateFunction& find_template_function(std::string_view name, FunctionSet set) {
  const TemplateFunction* function = set == FunctionSet::headers ? find(header_functions(), name) : nullptr;
  if (function == nullptr) {
    function = find(value_functions(), name);
  }
  if (function == nullptr) {
    throw Error(Code::internal, "run template: a function that the parser should have refused");
  }
  return *function;
}

}  // namespace nacre::cli
