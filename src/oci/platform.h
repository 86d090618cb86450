// Platforms an image is made for. Source: OCI image-spec, image-index.md "platform"; normalisation and variant order as
// containerd's platforms package has them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci/json.h"

namespace nacre::oci {

struct Platform {
  std::string os;
  std::string architecture;
  std::string variant = {};     // "" when none
  std::string os_version = {};  // "" when none
  std::vector<std::string> os_features = {};

  bool operator==(const Platform&) const = default;

  // "linux/arm64/v8", "linux/amd64", "arm64", "linux"; normalised (x86_64 -> amd64, aarch64 -> arm64 with v8 dropped,
  // armhf -> arm/v7, ...). Throws Error (invalid_argument).
  static Platform parse(std::string_view text);
  // The machine we run on.
  static Platform host();
  // The Linux platform of a machine as uname names it: "x86_64", "armv7l", "aarch64", ...
  static Platform of_machine(std::string_view machine);
  // The fields as they stand, "" for those that are absent: a descriptor's platform, or an image config as a whole.
  static Platform from_json(const Json& json);
  OrderedJson to_json() const;

  Platform normalized() const;
  std::string str() const;  // "linux/arm/v7"; "unknown" without an operating system
};

// How well an image of platform `offered` serves a request for `wanted`: nothing if not at all, otherwise lower is
// better (0: exact; then older variants, as arm/v6 for arm/v7, amd64 for amd64/v3; last the 32-bit platforms that the
// same processor runs, as 386 for amd64). Compares normalised forms; the version and features of the operating system
// do not count.
std::optional<int> platform_distance(const Platform& wanted, const Platform& offered);

}  // namespace nacre::oci
