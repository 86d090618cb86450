// A parsed template, and what running it once takes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "cli/output/template.h"
#include "cli/output/template_ast.h"
#include "cli/output/template_functions.h"
#include "cli/output/template_value.h"

namespace nacre::cli {

struct TemplateProgram {
  std::string text;
  ast::Templates templates;
  TemplateOptions options;
};

struct TemplateRun {
  std::string output;  // up to the failure, if there was one
  std::optional<Error> failure;
};

TemplateRun run_template(const TemplateProgram& program, const Value& data, FunctionSet functions);

}  // namespace nacre::cli
