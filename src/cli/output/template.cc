#include "cli/output/template.h"

#include <utility>

#include "cli/output/template_parser.h"
#include "cli/output/template_program.h"

namespace nacre::cli {

Template Template::parse(std::string_view text, TemplateOptions options) {
  return Template(std::make_shared<const TemplateProgram>(std::string(text), parse_template(text), options));
}

std::string Template::execute(const Json& data) const {
  const Shape* const shape = program_->options.shape;
  const Value root = data.is_null() && shape == nullptr ? Value{Missing{}} : make_value(data, shape);
  TemplateRun run = run_template(*program_, root, FunctionSet::values);
  if (run.failure) {
    throw *std::move(run.failure);
  }
  return std::move(run.output);
}

std::string Template::execute_header(const Json& labels) const {
  return run_template(*program_, make_value(labels, &shapes::text_map), FunctionSet::headers).output;
}

}  // namespace nacre::cli
