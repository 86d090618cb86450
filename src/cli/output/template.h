// Go's text/template over JSON, with the functions that docker adds: what stands behind every --format.
//
// The language, the printed forms and the messages are those of Go 1.24, which docker 28 is built with; the Go types
// that templates can tell apart come from a Shape, or from what the JSON suggests. Left out: complex numbers, and
// methods, which JSON has none of. Hostile templates are bounded: see template_budget.h and template_parser.h.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "cli/output/shape.h"
#include "oci/json.h"

namespace nacre::cli {

using Json = oci::OrderedJson;

// A field that an object of no known shape lacks, or a structure.
enum class MissingField {
  no_value,  // prints as "<no value>"; of a structure: "can't evaluate field X in type T"
  error,     // "map has no entry for key "X"", as docker inspect has it
};

// The keys of an object that {{json}} writes, where no shape says that it is a map: those are always sorted.
enum class KeyOrder { sorted, as_given };

struct TemplateOptions {
  const Shape* shape = nullptr;  // of the data; must outlive the template
  MissingField missing_field = MissingField::no_value;
  KeyOrder json_keys = KeyOrder::sorted;
};

struct TemplateProgram;

// Immutable: one template may run in several threads.
class Template {
 public:
  // Throws Error (invalid_argument) with Go's message: "template: :1: unclosed action".
  static Template parse(std::string_view text, TemplateOptions options = {});

  // Throws Error (invalid_argument) with Go's message: "template: :1:2: executing "" at <.X>: …".
  std::string execute(const Json& data) const;

  // The header of a table whose rows this template makes: labels gives a title for each field name, and the functions
  // that would change a title leave it alone. What fails ends the text, as docker does it.
  std::string execute_header(const Json& labels) const;

 private:
  explicit Template(std::shared_ptr<const TemplateProgram> program) : program_(std::move(program)) {}

  std::shared_ptr<const TemplateProgram> program_;
};

}  // namespace nacre::cli
