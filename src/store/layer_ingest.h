// From a layer's bytes, in whatever compression, to a layer of the store: one pass, nothing read back.
#pragma once

#include <functional>
#include <optional>

#include "archive/byte_stream.h"
#include "store/store.h"

namespace nacre::store {

// What is known beforehand; what is given is verified (Error corrupt names both digests).
struct LayerExpectation {
  std::optional<oci::DiffId> diff_id;
  std::optional<oci::Digest> blob;  // of the bytes as they come in
};

// A layer in an ingest folder: whole, verified, its bytes synced, not yet part of the store. Vanishes unless committed.
struct IngestedLayer {
  LayerRecord record;
  oci::Digest blob_digest;  // of the bytes as they came in; the diff ID when they were not compressed
  std::uint64_t blob_size = 0;
  std::string_view compression;  // "none", "gzip", ...
  std::optional<TempFile> blob;  // when they were compressed
  TempDir directory;             // tar, index
};

// Who writes the compressed bytes to disk: the ingest, or whoever gives them, and then puts them in
// IngestedLayer::blob.
enum class BlobCopy : std::uint8_t { write, leave_out };

// Told how many bytes of the source were taken so far.
using ByteProgress = std::function<void(std::uint64_t)>;

// Reads `source` to its end: blob digest and copy (if compressed) || inflate || diff ID || tar || index. Works below
// `ingest`, a directory of the store's file system. Any number of threads may ingest at once.
IngestedLayer ingest_layer(const fs::path& ingest, archive::ByteSource& source, const LayerExpectation& expected,
                           const CancelToken& cancel, const ByteProgress& progress = {},
                           BlobCopy blob_copy = BlobCopy::write);

// Moves it into the store under `lease`: the blob first, then the layer.
LayerRecord commit_layer(Lease& lease, IngestedLayer layer);

// Makes the index of a layer from its tar; synced. Returns the sum of the sizes of its files.
std::uint64_t write_layer_index(const fs::path& tar, const fs::path& index);

// Merges the indexes of a stack and puts the chain into the store, unless it is there. Returns the chain's ID.
oci::ChainId ensure_chain(Store& store, Lease& lease, std::span<const oci::DiffId> layers, const CancelToken& cancel);

}  // namespace nacre::store
