// A template from the first part of the input, its data from the rest. Nothing may crash, hang or grow without bound.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "cli/output/image_shape.h"
#include "cli/output/tab_writer.h"
#include "cli/output/template.h"

namespace {

using nacre::cli::Json;
using nacre::cli::Template;
using nacre::cli::TemplateOptions;

// What stands behind the first NUL, or a document with a bit of everything.
Json data_of(std::string_view text) {
  const Json parsed = Json::parse(text, nullptr, false);
  if (!parsed.is_discarded()) {
    return parsed;
  }
  return {{"s", "text"},  {"n", 7},          {"f", 1.5},          {"t", true},
          {"z", nullptr}, {"l", {"a", "b"}}, {"m", {{"k", "v"}}}, {"mix", {1, "x", nullptr, {{"e", Json::object()}}}}};
}

void run(std::string_view text, const Json& data, TemplateOptions options) {
  try {
    const Template parsed = Template::parse(text, options);
    (void)parsed.execute_header({{"s", "TEXT"}, {"n", "NUMBER"}});
    (void)nacre::cli::align_columns(parsed.execute(data));
  } catch (const nacre::Error&) {
    // A template may be as wrong as it likes.
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t nul = input.find('\0');
  const std::string_view text = input.substr(0, nul);
  const Json document = data_of(nul == std::string_view::npos ? "" : input.substr(nul + 1));
  run(text, document, {});
  run(text, document, {.shape = &nacre::cli::image_inspect_shape(), .missing_field = nacre::cli::MissingField::error});
  return 0;
}
