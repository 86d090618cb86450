// The image configuration, kept with the bytes it came in. Sources: OCI image-spec config.md; Docker's additions
// (Healthcheck, Shell, OnBuild, container_config, docker_version) as moby's image/spec has them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "oci/digest.h"
#include "oci/json.h"
#include "oci/platform.h"

namespace nacre::oci {

struct Healthcheck {
  std::vector<std::string> test = {};
  std::int64_t interval = 0, timeout = 0, start_period = 0, start_interval = 0;  // nanoseconds
  std::int64_t retries = 0;

  bool operator==(const Healthcheck&) const = default;
};

// What a container of the image starts with ("config" of the document).
struct ContainerDefaults {
  std::string user, working_dir, stop_signal, hostname, domainname;
  std::vector<std::string> env;                        // "NAME=value", in order
  std::optional<std::vector<std::string>> entrypoint;  // nothing: not set (differs from empty)
  std::optional<std::vector<std::string>> cmd;
  std::vector<std::string> exposed_ports, volumes;  // keys of the document's sets, sorted
  std::map<std::string, std::string> labels;
  std::vector<std::string> on_build;
  std::optional<std::vector<std::string>> shell;
  std::optional<Healthcheck> healthcheck;
  bool args_escaped = false;

  bool operator==(const ContainerDefaults&) const = default;

  static ContainerDefaults from_json(const Json& json);
  OrderedJson to_json() const;  // as docker writes it into a config: absent fields left out
};

struct HistoryEntry {
  std::optional<Timestamp> created = {};
  std::string created_by = {}, author = {}, comment = {};
  bool empty_layer = false;

  bool operator==(const HistoryEntry&) const = default;
};

class ImageConfig {
 public:
  // Throws Error (corrupt) naming the field. rootfs is required, and its diff_ids must be digests; there are none in
  // what docker writes for an image without layers.
  static ImageConfig parse(std::string raw);

  // What a new image's config is made from.
  struct Fields {
    std::optional<Timestamp> created;
    std::string author;
    Platform platform;
    ContainerDefaults defaults;
    std::vector<DiffId> diff_ids;
    std::vector<HistoryEntry> history;
    std::string docker_version, comment, parent;  // Docker's additions, "" when absent
  };
  // A new config document; the same fields give the same bytes.
  static ImageConfig make(const Fields& fields);

  const std::string& raw() const noexcept { return raw_; }
  const Digest& digest() const noexcept { return digest_; }  // the image ID
  const std::optional<Timestamp>& created() const noexcept { return fields_.created; }
  const Platform& platform() const noexcept { return fields_.platform; }
  const ContainerDefaults& defaults() const noexcept { return fields_.defaults; }
  const std::vector<DiffId>& diff_ids() const noexcept { return fields_.diff_ids; }
  const std::vector<HistoryEntry>& history() const noexcept { return fields_.history; }
  const Fields& fields() const noexcept { return fields_; }

 private:
  ImageConfig(std::string raw, Digest digest, Fields fields)
      : raw_(std::move(raw)), digest_(std::move(digest)), fields_(std::move(fields)) {}
  std::string raw_;
  Digest digest_;
  Fields fields_;
};

}  // namespace nacre::oci
