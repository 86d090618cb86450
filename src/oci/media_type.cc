#include "oci/media_type.h"

namespace nacre::oci::media_type {
namespace {

// Takes a prefix off a text, if it is there.
bool consume(std::string_view& text, std::string_view prefix) noexcept {
  if (!text.starts_with(prefix)) {
    return false;
  }
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

bool is_index(std::string_view type) noexcept {
  return type == oci_index || type == docker_manifest_list;
}

bool is_manifest(std::string_view type) noexcept {
  return type == oci_manifest || type == docker_manifest;
}

bool is_config(std::string_view type) noexcept {
  return type == oci_config || type == docker_config;
}

bool is_layer(std::string_view type) noexcept {
  if (consume(type, "application/vnd.oci.image.layer.")) {
    consume(type, "nondistributable.");
    return consume(type, "v1.tar") && (type.empty() || type == "+gzip" || type == "+zstd");
  }
  if (consume(type, "application/vnd.docker.image.rootfs.")) {
    consume(type, "foreign.");
    return consume(type, "diff.tar") && (type.empty() || type == ".gzip" || type == ".zstd");
  }
  return false;
}

bool is_foreign_layer(std::string_view type) noexcept {
  return is_layer(type) && (type.contains(".nondistributable.") || type.contains(".foreign."));
}

}  // namespace nacre::oci::media_type
