// References and the patterns they are filtered by. A second line of the input is a pattern.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "oci/reference.h"

namespace {

using nacre::oci::Reference;

void check(bool holds) {
  if (!holds) {
    std::abort();
  }
}

// What is accepted has one spelling, which reads back the same, within docker's limits.
Reference check_reference(std::string_view text) {
  const Reference reference = Reference::parse(text);
  check(Reference::parse(reference.str()) == reference);
  check(!reference.path().empty() && reference.path().size() <= 255);
  check(!reference.tag() || (!reference.tag()->empty() && reference.tag()->size() <= 128));
  const Reference tagged = reference.with_default_tag();
  check(tagged.tag() || tagged.digest());
  check(tagged.without_tag_and_digest() == reference.without_tag_and_digest());
  return reference;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line_end = input.find('\n');
  try {
    const Reference reference = check_reference(input.substr(0, line_end));
    check(familiar_match("*", reference) == (reference.familiar_name().find('/') == std::string::npos));
    if (line_end != std::string_view::npos) {
      familiar_match(input.substr(line_end + 1), reference);
    }
  } catch (const nacre::Error& error) {
    check(error.code() == nacre::Code::invalid_argument);
  }
  return 0;
}
