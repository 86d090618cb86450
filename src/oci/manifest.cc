#include "oci/manifest.h"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

#include "base/error.h"
#include "oci/media_type.h"
#include "oci/shown.h"

namespace nacre::oci {
namespace {

// What a document is, and what would make it two things at once: a parser that follows `layers` and one that follows
// `manifests` would see different images under the same digest.
struct Shape {
  std::string_view what;
  bool (*accepts)(std::string_view type) noexcept;
  std::string_view default_type;
  std::span<const std::string_view> foreign_fields;
};

constexpr auto manifest_fields = std::to_array<std::string_view>({"config", "layers"});
constexpr auto index_fields = std::to_array<std::string_view>({"manifests"});
constexpr Shape manifest_shape{"image manifest", media_type::is_manifest, media_type::oci_manifest, index_fields};
constexpr Shape index_shape{"image index", media_type::is_index, media_type::oci_index, manifest_fields};

[[noreturn]] void refuse_schema1() {
  throw Error(Code::unsupported,
              "manifest schema 1 is not supported; push the image again with a current tool to convert it");
}

void check_media_type(const Shape& shape, std::string_view type) {
  if (type.starts_with("application/vnd.docker.distribution.manifest.v1+")) {
    refuse_schema1();
  }
  if (!shape.accepts(type)) {
    throw Error(Code::unsupported, fmt::format("media type '{}' is not that of an {}", shown(type), shape.what));
  }
}

// The media type of a document that was found under `expected` ("" when nothing is known). Throws for a document that
// is not of the shape.
std::string media_type_of(const Json& json, const Shape& shape, std::string_view expected) {
  as_object(json, "document");
  const std::string own = optional_string(json, "mediaType").value_or("");
  const std::int64_t version = integer_field(json, "schemaVersion");
  if (version == 1) {
    refuse_schema1();
  }
  for (const std::string_view type : {expected, std::string_view(own)}) {
    if (!type.empty()) {
      check_media_type(shape, type);
    }
  }
  if (!own.empty() && !expected.empty() && own != expected) {
    throw Error(Code::corrupt, fmt::format("field 'mediaType': '{}', but it was found as '{}'", own, expected));
  }
  if (version != 2) {
    throw Error(Code::corrupt, fmt::format("field 'schemaVersion': expected 2, found {}", version));
  }
  for (const std::string_view field : shape.foreign_fields) {
    if (optional_field(json, field) != nullptr) {
      throw Error(Code::corrupt, fmt::format("field '{}': not allowed in an {}", field, shape.what));
    }
  }
  if (!own.empty() || !expected.empty()) {
    return own.empty() ? std::string(expected) : own;
  }
  return std::string(shape.default_type);
}

Descriptor descriptor_field(const Json& json, std::string_view name) {
  return with_context([&] { return fmt::format("field '{}'", name); },
                      [&] {
                        const Json* value = optional_field(json, name);
                        if (value == nullptr) {
                          throw Error(Code::corrupt, "missing");
                        }
                        return Descriptor::from_json(*value);
                      });
}

// A list that must be there, though Go's null for an empty one will do.
std::vector<Descriptor> descriptor_list(const Json& json, std::string_view name) {
  const std::string label = fmt::format("field '{}'", name);
  if (!json.contains(name)) {
    throw Error(Code::corrupt, label + ": missing");
  }
  std::vector<Descriptor> list;
  if (const Json* items = optional_field(json, name)) {
    for (const Json& item : as_array(*items, label)) {
      list.push_back(with_context([&] { return fmt::format("{}: item {}", label, list.size() + 1); },
                                  [&] { return Descriptor::from_json(item); }));
    }
  }
  return list;
}

OrderedJson to_json(const std::vector<Descriptor>& descriptors) {
  OrderedJson array = OrderedJson::array();
  for (const Descriptor& descriptor : descriptors) {
    array.push_back(descriptor.to_json());
  }
  return array;
}

// Registries and tools of docker 1.10's time gave configs these types; docker still takes them for images.
bool is_legacy_config(std::string_view type) noexcept {
  return type.empty() || type == "application/octet-stream" || type == "application/json" || type == "text/html";
}

}  // namespace

Manifest Manifest::parse(std::string raw, std::string_view media_type) {
  return with_context("image manifest", [&] {
    const Json json = parse_json(raw);
    std::string type = media_type_of(json, manifest_shape, media_type);
    Manifest manifest(descriptor_field(json, "config"), Digest::of(raw));
    manifest.layers_ = descriptor_list(json, "layers");
    manifest.annotations_ = string_map(json, "annotations");
    if (optional_field(json, "subject") != nullptr) {
      manifest.subject_ = descriptor_field(json, "subject");
    }
    manifest.media_type_ = std::move(type);
    manifest.raw_ = std::move(raw);
    return manifest;
  });
}

Manifest Manifest::make(const Descriptor& config, const std::vector<Descriptor>& layers) {
  const OrderedJson json = {{"schemaVersion", 2},
                            {"mediaType", media_type::oci_manifest},
                            {"config", config.to_json()},
                            {"layers", to_json(layers)}};
  return parse(to_go_json(json));
}

bool Manifest::is_image() const noexcept {
  const std::string& type = config_.media_type;
  return (media_type::is_config(type) || is_legacy_config(type)) &&
         std::ranges::all_of(layers_, [](const Descriptor& layer) { return media_type::is_layer(layer.media_type); });
}

Descriptor Manifest::descriptor() const {
  return {.media_type = media_type_, .digest = digest_, .size = raw_.size()};
}

Index Index::parse(std::string raw, std::string_view media_type) {
  return with_context("image index", [&] {
    const Json json = parse_json(raw);
    Index index(Digest::of(raw));
    index.media_type_ = media_type_of(json, index_shape, media_type);
    index.manifests_ = descriptor_list(json, "manifests");
    index.annotations_ = string_map(json, "annotations");
    index.raw_ = std::move(raw);
    return index;
  });
}

Index Index::make(const std::vector<Descriptor>& manifests) {
  const OrderedJson json = {
      {"schemaVersion", 2}, {"mediaType", media_type::oci_index}, {"manifests", to_json(manifests)}};
  return parse(to_go_json(json));
}

}  // namespace nacre::oci
