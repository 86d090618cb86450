// Whole objects behind a --format flag, as `inspect`, `info` and `version` print them.
#pragma once

#include <span>
#include <string>

#include "cli/output/shape.h"
#include "oci/json.h"

namespace nacre::cli {

// A line for each object: compact JSON for "json", otherwise the template's text. shape: the Go type of the objects, if
// known. Throws Error (invalid_argument): "template parsing error: ...", also for a field that an object lacks.
std::string format_objects(const std::string& format, std::span<const oci::OrderedJson> objects,
                           const Shape* shape = nullptr);

// Throws what format_objects() would throw for a format that no object can be shown with.
void check_format(const std::string& format, const Shape* shape = nullptr);

// The same as docker's inspect has it: a JSON array of all objects, indented for "", on one line for "json"; an empty
// line if there is a template and no object.
std::string format_inspected(const std::string& format, std::span<const oci::OrderedJson> objects,
                             const Shape* shape = nullptr);

}  // namespace nacre::cli
