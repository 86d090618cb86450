// What goes into an archive, worked out before a byte is written. Internal to image/.
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "image/save.h"
#include "oci/descriptor.h"

namespace nacre::image {

// A file of the archive: its bytes, or the digest of a blob or layer that the store has.
struct PlannedFile {
  std::string path;
  std::uint64_t size = 0;
  std::variant<std::string, oci::Digest> content;
};

struct OciPlan {
  std::vector<oci::Descriptor> roots;  // the entries of index.json, one for each name
  std::vector<PlannedFile> blobs;      // blobs/<algorithm>/<hex>, each once, documents before layers
  std::string docker_manifest;         // manifest.json
};

// Everything that is planned is held by the lease. Throws Error (not_found, corrupt).
OciPlan plan_oci(store::Store& store, store::Lease& lease, std::span<const SaveItem> items);
std::vector<PlannedFile> plan_docker_archive(store::Store& store, store::Lease& lease, std::span<const SaveItem> items);

// The files of an OCI layout other than blobs and index.json.
inline constexpr std::string_view oci_layout_file = R"({"imageLayoutVersion":"1.0.0"})";

// Passes a planned file on to `write`, piece by piece, comparing it with its digest on the way.
void write_planned(store::Store& store, const PlannedFile& file, const std::function<void(Bytes)>& write,
                   const CancelToken& cancel);

}  // namespace nacre::image
