// Media types of Docker v2 schema 2 and OCI. Sources: image-spec media-types.md, distribution's manifest-v2-2.md.
#pragma once

#include <string_view>

namespace nacre::oci::media_type {

inline constexpr std::string_view oci_index = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view oci_manifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view oci_config = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view oci_layer = "application/vnd.oci.image.layer.v1.tar";
inline constexpr std::string_view oci_layer_gzip = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr std::string_view oci_layer_zstd = "application/vnd.oci.image.layer.v1.tar+zstd";
inline constexpr std::string_view docker_manifest_list = "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view docker_manifest = "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view docker_config = "application/vnd.docker.container.image.v1+json";
inline constexpr std::string_view docker_layer = "application/vnd.docker.image.rootfs.diff.tar";
inline constexpr std::string_view docker_layer_gzip = "application/vnd.docker.image.rootfs.diff.tar.gzip";
inline constexpr std::string_view docker_layer_zstd = "application/vnd.docker.image.rootfs.diff.tar.zstd";
inline constexpr std::string_view docker_foreign_layer = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";

bool is_index(std::string_view type) noexcept;     // OCI index or Docker manifest list
bool is_manifest(std::string_view type) noexcept;  // OCI or Docker image manifest
bool is_config(std::string_view type) noexcept;    // image config, not an artifact's
bool is_layer(std::string_view type) noexcept;     // a tar in any compression, foreign and non-distributable ones too
bool is_foreign_layer(std::string_view type) noexcept;  // one that is not to be pushed: its licence forbids it

}  // namespace nacre::oci::media_type
