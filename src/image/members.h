// What an image archive holds, whatever it is: a folder, a tar file, a compressed one, a pipe.
#pragma once

#include <memory>
#include <string>

#include "base/cancel.h"
#include "base/file.h"
#include "store/layer_ingest.h"

namespace nacre::image {

// Paths are as the archive writes them, without a leading "./". Thread-safe.
class Members {
 public:
  virtual ~Members() = default;

  virtual bool has(const std::string& path) const = 0;
  // A JSON document of at most oci::max_json_size bytes. Throws Error (corrupt) when it is not there.
  virtual std::string document(const std::string& path) = 0;
  // The bytes of a member, 0 when it is not there.
  virtual std::uint64_t size(const std::string& path) const = 0;
  // Makes a layer of a member, in the ingest folder.
  virtual store::IngestedLayer layer(const std::string& path, const store::LayerExpectation& expected,
                                     const CancelToken& cancel, const store::ByteProgress& progress) = 0;
};

// Where a stream's layers are worked on, and who hears of the progress: a pipe is read in one pass, so its layers are
// ingested as they come by, before anything says what they are for.
struct MembersContext {
  fs::path ingest;
  CancelToken cancel;
  // path and bytes so far of a member of a stream
  std::function<void(std::string_view path, std::uint64_t bytes)> on_stream_progress;
};

// A directory in the OCI layout.
std::unique_ptr<Members> open_directory_members(const fs::path& directory, const MembersContext& context);
// A file or a stream: a tar, perhaps compressed. A plain tar in a regular file is read at random, anything else in one
// pass. Throws Error (corrupt) for what is no tar.
std::unique_ptr<Members> open_archive_members(Fd file, const MembersContext& context);

}  // namespace nacre::image
