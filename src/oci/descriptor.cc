#include "oci/descriptor.h"

#include "base/error.h"

namespace nacre::oci {

Descriptor Descriptor::from_json(const Json& json) {
  as_object(json, "descriptor");
  Descriptor descriptor{
      .media_type = optional_string(json, "mediaType").value_or(""),
      .digest = digest_field(json, "digest"),
      .size = size_field(json, "size"),
      .urls = string_list(json, "urls"),
      .annotations = string_map(json, "annotations"),
      .platform = std::nullopt,
      .artifact_type = optional_string(json, "artifactType").value_or(""),
  };
  if (const Json* platform = optional_field(json, "platform")) {
    descriptor.platform = with_context("field 'platform'", [&] { return Platform::from_json(*platform); });
  }
  return descriptor;
}

OrderedJson Descriptor::to_json() const {
  OrderedJson json = {{"mediaType", media_type}, {"digest", digest.str()}, {"size", size}};
  if (!urls.empty()) {
    json["urls"] = urls;
  }
  if (!annotations.empty()) {
    json["annotations"] = annotations;
  }
  if (platform) {
    json["platform"] = platform->to_json();
  }
  if (!artifact_type.empty()) {
    json["artifactType"] = artifact_type;
  }
  return json;
}

}  // namespace nacre::oci
