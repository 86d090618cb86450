// JSON documents that come from outside, and JSON as Go writes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "oci/digest.h"

namespace nacre::oci {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;  // for what we write: fields in the order of the specification

// Documents from outside are bounded: this deep, this large (a manifest or a config), this many values in all (which
// bounds the memory a document takes once parsed).
inline constexpr int max_json_depth = 100;
inline constexpr std::size_t max_json_size = 8 * 1024 * 1024;
inline constexpr std::size_t max_json_values = 500'000;

// Parses a whole document. Throws Error (corrupt) with the position for bad syntax, too deep or too large a document,
// or invalid UTF-8. Of duplicate keys the last one counts, as in Go.
Json parse_json(std::string_view text);

// Typed access with errors that name the field: "field 'size': expected a number". A field that is absent or null is
// nothing (optional_*), empty (*_list, *_map, *_set), false or zero (flag_field, integer_field), or an Error (corrupt).
// A value of another type is always an Error (corrupt).
const Json* optional_field(const Json& object, std::string_view name);
std::string string_field(const Json& object, std::string_view name);
std::optional<std::string> optional_string(const Json& object, std::string_view name);
std::uint64_t size_field(const Json& object, std::string_view name);  // an integer from 0 to INT64_MAX
std::int64_t integer_field(const Json& object, std::string_view name);
bool flag_field(const Json& object, std::string_view name);
Digest digest_field(const Json& object, std::string_view name);
std::vector<std::string> string_list(const Json& object, std::string_view name);
std::map<std::string, std::string> string_map(const Json& object, std::string_view name);  // a null value is ""
std::vector<std::string> key_set(const Json& object, std::string_view name);               // keys of an object, sorted
// Expects an object / an array; `what` names it in the error.
const Json& as_object(const Json& value, std::string_view what);
const Json& as_array(const Json& value, std::string_view what);

// What becomes of <, > and &. Go's json.Marshal, which writes manifests and configs, escapes them; docker inspect and
// the template function `json` keep them.
enum class GoHtml { escape, keep };

// Compact JSON as Go's encoding/json writes it, invalid UTF-8 replaced.
std::string to_go_json(const OrderedJson& value, GoHtml html = GoHtml::escape);
// The same, indented by `indent` spaces (docker inspect uses 4).
std::string to_go_json_indented(const OrderedJson& value, int indent, GoHtml html = GoHtml::keep);

}  // namespace nacre::oci
