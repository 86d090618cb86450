#include "cli/output/object_format.h"

#include "base/error.h"
#include "cli/output/template.h"

namespace nacre::cli {

namespace {

constexpr std::string_view error_context = "template parsing error";

Template parse(const std::string& format, const Shape* shape) {
  return Template::parse(format == "json" ? "{{json .}}" : format,
                         {.shape = shape, .missing_field = MissingField::error, .json_keys = KeyOrder::as_given});
}

}  // namespace

void check_format(const std::string& format, const Shape* shape) {
  with_context(error_context, [&] { parse(format, shape); });
}

std::string format_objects(const std::string& format, std::span<const oci::OrderedJson> objects, const Shape* shape) {
  return with_context(error_context, [&] {
    const Template parsed = parse(format, shape);
    std::string text;
    for (const auto& object : objects) {
      text += parsed.execute(object) + "\n";
    }
    return text;
  });
}

std::string format_inspected(const std::string& format, std::span<const oci::OrderedJson> objects, const Shape* shape) {
  if (!format.empty() && format != "json") {
    const std::string text = format_objects(format, objects, shape);
    return text.empty() ? "\n" : text;
  }
  constexpr int docker_indent = 4;
  const oci::OrderedJson list(oci::OrderedJson::array_t(objects.begin(), objects.end()));
  return (format.empty() ? oci::to_go_json_indented(list, docker_indent) : oci::to_go_json(list, oci::GoHtml::keep)) +
         "\n";
}

}  // namespace nacre::cli
