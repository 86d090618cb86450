// Descriptors. Source: OCI image-spec, descriptor.md.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "oci/digest.h"
#include "oci/json.h"
#include "oci/platform.h"

namespace nacre::oci {

struct Descriptor {
  std::string media_type;
  Digest digest;
  std::uint64_t size = 0;
  std::vector<std::string> urls = {};
  std::map<std::string, std::string> annotations = {};
  std::optional<Platform> platform = {};
  std::string artifact_type = {};  // "" when none

  bool operator==(const Descriptor&) const = default;

  // Throws Error (corrupt) naming the field. digest and size are required; content embedded as `data` is left alone.
  static Descriptor from_json(const Json& json);
  OrderedJson to_json() const;
};

}  // namespace nacre::oci
