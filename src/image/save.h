// Writes images to archives and directories that docker, podman and skopeo read.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/file.h"
#include "oci/platform.h"
#include "oci/reference.h"
#include "store/store.h"

namespace nacre::image {

struct SaveItem {
  oci::Digest image;                  // the one that formats without indexes save
  oci::Digest target;                 // a manifest that leads to the image, or an index that lists such a one
  std::vector<oci::Reference> names;  // what it is called in the archive, each with a tag; none: it goes out untagged

  bool operator==(const SaveItem&) const = default;
};

// What the arguments of `save` stand for, by docker's rules: a repository without a tag is all of its tags, a name with
// one is that name, an ID or a digest is an image without a name. What was asked for twice is saved once. With a
// platform, each name stands for its image of that platform alone, without the index. Throws Error (not_found).
std::vector<SaveItem> find_save_items(const store::Store& store, std::span<const std::string> arguments,
                                      const std::optional<oci::Platform>& platform = {});

// oci: an OCI layout with a manifest.json for docker beside its index.json. Manifests, configs and layers go out byte
// for byte as they came in; an index with every platform of it that is here. docker: manifest.json, configs, and layers
// as plain tars (docker's image spec 1.2), for old tools.
enum class ArchiveFormat { oci, docker };

// Told how many bytes of how many are written; in the caller's thread.
using SaveProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

// The functions below hold a lease on what they save, so a removal meanwhile takes nothing from them, and compare each
// layer with its digest while copying: Error (corrupt) names the layer that does not match. The same images under the
// same names give the same bytes. Throw Error (not_found) when an item is gone.

// To a pipe or an open file, which the caller keeps open. An error leaves what was written so far. Throws Error
// (invalid_argument) for a terminal.
void save_to_stream(store::Store& store, std::span<const SaveItem> items, ArchiveFormat format, const Fd& stream,
                    const SaveProgress& progress, const CancelToken& cancel);
// To a file that appears, readable by its owner alone, when it is whole and durable; an error leaves what was there
// before. What exists and is no regular file, like /dev/stdout or a named pipe, is written to as it is.
void save_to_file(store::Store& store, std::span<const SaveItem> items, ArchiveFormat format, const fs::path& file,
                  const SaveProgress& progress, const CancelToken& cancel);
// To a directory in the OCI layout: a new or empty one, or one that is such a layout, to which the images are added; a
// name that is in there already moves. The names appear when all is written; an error leaves what was there before.
// Throws Error (already_exists) for a directory with something else in it.
void save_to_directory(store::Store& store, std::span<const SaveItem> items, const fs::path& directory,
                       const SaveProgress& progress, const CancelToken& cancel);

}  // namespace nacre::image
