// Makes an image of one layer from the tar of a root file system.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/fd.h"
#include "oci/platform.h"
#include "oci/reference.h"
#include "store/store.h"

namespace nacre::image {

struct ImportOptions {
  std::vector<std::string> changes = {};       // Dockerfile instructions, see config_change.h
  std::string message = {};                    // for the history; "": "Imported from <source>"
  std::optional<oci::Platform> platform = {};  // nothing: this host's; Linux only
  std::optional<oci::Reference> name = {};     // moved here if it was elsewhere; "latest" when it has no tag
};

// Told how many bytes came in, of how many (0: not known).
using ImportProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

// Reads a tar in any compression in one pass, without a temporary copy. gzip and zstd are kept as they came, so that a
// save or push sends the same bytes; xz and bzip2, which have no media type, are kept as the plain tar. The image is
// created now, or at the time that SOURCE_DATE_EPOCH has in the environment, and visible and durable on return. Returns
// its ID. Throws Error (invalid_argument) for the options before anything is read, (corrupt) for what is no tar.

// From a file or pipe the caller keeps open. source_name: what the history calls it ("-").
oci::Digest import_tar(store::Store& store, const Fd& input, std::string_view source_name, const ImportOptions& options,
                       const ImportProgress& progress, const CancelToken& cancel);
// From "http://..." or "https://...", over at most 10 redirects. Throws Error (unavailable; not_found for HTTP 404;
// permission_denied for 401 and 403) when the server does not answer, stops sending for a minute or reports a failure.
oci::Digest import_url(store::Store& store, const std::string& url, const ImportOptions& options,
                       const ImportProgress& progress, const CancelToken& cancel);
// From what the user typed: "-" is standard input, "http://..." and "https://..." are downloaded, all else is a file.
oci::Digest import_source(store::Store& store, const std::string& source, const ImportOptions& options,
                          const ImportProgress& progress, const CancelToken& cancel);

}  // namespace nacre::image
