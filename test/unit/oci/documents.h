// Documents as registries and tools publish them.
#pragma once

#include <string_view>

namespace nacre::oci::documents {

// docker.io/library/hello-world for linux/amd64, as Docker Hub serves it.
inline constexpr std::string_view docker_manifest_digest =
    "sha256:f54a58bc1aac5ea1a25d796ae155dc228b3f0e11d046ae276b39c4bf2f13d8c4";
inline constexpr std::string_view docker_manifest = R"({
   "schemaVersion": 2,
   "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
   "config": {
      "mediaType": "application/vnd.docker.container.image.v1+json",
      "size": 1469,
      "digest": "sha256:feb5d9fea6a5e9606aa995e879d862b825965ba48de054caab5ef356dc6b3412"
   },
   "layers": [
      {
         "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip",
         "size": 2479,
         "digest": "sha256:2db29710123e3e53a794f2694094b9b4338aa9ee5c40b930cb8063a1be392c54"
      }
   ]
})";

// What docker buildx pushes: an image and its attestation side by side, in a list of indexes.
inline constexpr std::string_view buildx_index = R"({
  "schemaVersion": 2,
  "mediaType": "application/vnd.oci.image.index.v1+json",
  "manifests": [
    {
      "mediaType": "application/vnd.oci.image.manifest.v1+json",
      "digest": "sha256:23678f31b3b3586c4fb318aecfe64a96a1f0916ba8faf9b2be2abee63fa9e827",
      "size": 1234,
      "platform": { "architecture": "amd64", "os": "linux" }
    },
    {
      "mediaType": "application/vnd.oci.image.manifest.v1+json",
      "digest": "sha256:02cb9aa7600e73fcf41ee9f0f19cc03122b2d8be43d41ce4b21335118f5dd943",
      "size": 1234,
      "annotations": {
        "vnd.docker.reference.digest": "sha256:23678f31b3b3586c4fb318aecfe64a96a1f0916ba8faf9b2be2abee63fa9e827",
        "vnd.docker.reference.type": "attestation-manifest"
      },
      "platform": { "architecture": "unknown", "os": "unknown" }
    },
    {
      "mediaType": "application/vnd.docker.distribution.manifest.list.v2+json",
      "digest": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "size": 10
    }
  ],
  "annotations": { "org.opencontainers.image.created": "2024-01-02T03:04:05Z" }
})";

inline constexpr std::string_view attestation_manifest = R"({
  "mediaType": "application/vnd.oci.image.manifest.v1+json",
  "schemaVersion": 2,
  "config": {
    "mediaType": "application/vnd.oci.image.config.v1+json",
    "digest": "sha256:a781560066f20ec9c28f2115a95a886e5e71c7c7aa9d8fd680678498b82f3ea3",
    "size": 123
  },
  "layers": [
    {
      "mediaType": "application/vnd.in-toto+json",
      "digest": "sha256:133ae3f9bcc385295b66c2d83b28c25a9f294ce20954d5cf922dda860429734a",
      "size": 1234,
      "annotations": { "in-toto.io/predicate-type": "https://slsa.dev/provenance/v0.2" }
    }
  ]
})";

// docker.io/library/alpine:3.11 for linux/amd64.
inline constexpr std::string_view alpine_config_digest =
    "sha256:a187dde48cd289ac374ad8539930628314bc581a481cdb41409c9289419ddb72";
inline constexpr std::string_view alpine_config =
    R"({"architecture":"amd64","config":{"Hostname":"","Domainname":"","User":"","AttachStdin":false,)"
    R"("AttachStdout":false,"AttachStderr":false,"Tty":false,"OpenStdin":false,"StdinOnce":false,)"
    R"("Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],"Cmd":["/bin/sh"],)"
    R"("ArgsEscaped":true,"Image":"sha256:74df73bb19fbfc7fb5ab9a8234b3d98ee2fb92df5b824496679802685205ab8c",)"
    R"("Volumes":null,"WorkingDir":"","Entrypoint":null,"OnBuild":null,"Labels":null},)"
    R"("container":"fb71ddde5f6411a82eb056a9190f0cc1c80d7f77a8509ee90a2054428edb0024",)"
    R"("container_config":{"Hostname":"fb71ddde5f64","Domainname":"","User":"","AttachStdin":false,)"
    R"("AttachStdout":false,"AttachStderr":false,"Tty":false,"OpenStdin":false,"StdinOnce":false,)"
    R"("Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],)"
    R"("Cmd":["/bin/sh","-c","#(nop) ","CMD [\"/bin/sh\"]"],"ArgsEscaped":true,)"
    R"("Image":"sha256:74df73bb19fbfc7fb5ab9a8234b3d98ee2fb92df5b824496679802685205ab8c","Volumes":null,)"
    R"("WorkingDir":"","Entrypoint":null,"OnBuild":null,"Labels":{}},"created":"2020-03-23T21:19:34.196162891Z",)"
    R"("docker_version":"18.09.7","history":[{"created":"2020-03-23T21:19:34.027725872Z",)"
    R"("created_by":"/bin/sh -c #(nop) ADD file:)"
    R"(0c4555f363c2672e350001f1293e689875a3760afe7b3f9146886afe67121cba in / "},)"
    R"({"created":"2020-03-23T21:19:34.196162891Z",)"
    R"("created_by":"/bin/sh -c #(nop)  CMD [\"/bin/sh\"]","empty_layer":true}],"os":"linux",)"
    R"("rootfs":{"type":"layers",)"
    R"("diff_ids":["sha256:beee9f30bc1f711043e78d4a2be0668955d4b761d587d6f60c2c8dc081efb203"]}})";

}  // namespace nacre::oci::documents
