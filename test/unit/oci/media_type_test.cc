#include "oci/media_type.h"

#include <gtest/gtest.h>

namespace nacre::oci::media_type {
namespace {

TEST(MediaType, TellsIndexesManifestsAndConfigsApart) {
  EXPECT_TRUE(is_index(oci_index));
  EXPECT_TRUE(is_index(docker_manifest_list));
  EXPECT_FALSE(is_index(oci_manifest));
  EXPECT_TRUE(is_manifest(oci_manifest));
  EXPECT_TRUE(is_manifest(docker_manifest));
  EXPECT_FALSE(is_manifest(docker_manifest_list));
  EXPECT_FALSE(is_manifest("application/vnd.docker.distribution.manifest.v1+prettyjws"));
  EXPECT_TRUE(is_config(oci_config));
  EXPECT_TRUE(is_config(docker_config));
  EXPECT_FALSE(is_config("application/vnd.oci.empty.v1+json"));
  EXPECT_FALSE(is_config(""));
}

TEST(MediaType, KnowsLayersInEveryForm) {
  for (const std::string_view type :
       {oci_layer, oci_layer_gzip, oci_layer_zstd, docker_layer, docker_layer_gzip, docker_layer_zstd,
        docker_foreign_layer, std::string_view("application/vnd.docker.image.rootfs.foreign.diff.tar"),
        std::string_view("application/vnd.oci.image.layer.nondistributable.v1.tar"),
        std::string_view("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"),
        std::string_view("application/vnd.oci.image.layer.nondistributable.v1.tar+zstd")}) {
    EXPECT_TRUE(is_layer(type)) << type;
  }
  for (const std::string_view type :
       {std::string_view(), oci_config, docker_config, std::string_view("application/vnd.in-toto+json"),
        std::string_view("application/vnd.dev.cosign.simplesigning.v1+json"),
        std::string_view("application/vnd.oci.image.layer.v1.tar+gzip+encrypted"),
        std::string_view("application/vnd.oci.image.layer.v1.tarball"),
        std::string_view("application/vnd.docker.image.rootfs.diff"), std::string_view("application/x-tar")}) {
    EXPECT_FALSE(is_layer(type)) << type;
  }
}

TEST(MediaType, KnowsWhatMayNotBePassedOn) {
  EXPECT_TRUE(is_foreign_layer("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"));
  EXPECT_TRUE(is_foreign_layer("application/vnd.oci.image.layer.nondistributable.v1.tar+zstd"));
  EXPECT_FALSE(is_foreign_layer(docker_layer_gzip));
  EXPECT_FALSE(is_foreign_layer(oci_layer));
  EXPECT_FALSE(is_foreign_layer("application/vnd.example.foreign.thing"));
}

}  // namespace
}  // namespace nacre::oci::media_type
