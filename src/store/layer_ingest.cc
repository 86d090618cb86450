#include "store/layer_ingest.h"

#include <fcntl.h>
#include <fmt/format.h>

#include "archive/compression.h"
#include "archive/file_writer.h"
#include "archive/tee.h"
#include "base/error.h"
#include "store/index_builder.h"
#include "tree/layer_tree.h"

namespace nacre::store {

namespace {

// A source whose first chunk was looked at, and that reports how far it came and can be cancelled.
class WatchedSource : public archive::ByteSource {
 public:
  WatchedSource(archive::ByteSource& source, const CancelToken& cancel, const ByteProgress& progress)
      : source_(source), cancel_(cancel), progress_(progress), first_(source.next()) {}

  Bytes head() const { return first_.bytes; }

  archive::Chunk next() override {
    cancel_.check();
    archive::Chunk chunk = first_.empty() ? source_.next() : std::exchange(first_, {});
    passed_ += chunk.bytes.size();
    if (progress_) {
      progress_(passed_);
    }
    return chunk;
  }

 private:
  archive::ByteSource& source_;
  const CancelToken& cancel_;
  const ByteProgress& progress_;
  archive::Chunk first_;
  std::uint64_t passed_ = 0;
};

// The index and the sum of the sizes of the files it lists.
struct WrittenIndex {
  std::uint64_t index_size;
  std::uint64_t content_size;
};

WrittenIndex write_index(const tree::FileTree& tree, const Fd& tar, const fs::path& path) {
  const Fd index = open_file(path, O_RDWR | O_CREAT | O_EXCL, 0644);
  archive::FileWriter writer(index);
  build_layer_index(tree, tar, writer);
  const std::uint64_t index_size = writer.finish();
  sync_file(index);
  return {index_size, tree.content_size()};
}

void verify(std::string_view what, const oci::Digest& expected, const oci::Digest& actual) {
  if (expected != actual) {
    throw Error(Code::corrupt, fmt::format("{}: expected {}, the bytes are {}", what, expected.str(), actual.str()));
  }
}

// What the uncompressed stream turned out to be.
struct TarResult {
  oci::Digest diff_id;
  std::uint64_t size;
  tree::FileTree tree;
};

// One pass over the uncompressed bytes: diff ID || tar on disk || tree.
TarResult take_tar(archive::ByteSource& uncompressed, const Fd& tar) {
  archive::FileWriter writer(tar);
  archive::AsyncHasher hasher;
  archive::TeeSource tee(uncompressed, hasher, &writer);
  tree::FileTree tree = tree::read_layer_tree(tee);
  const std::uint64_t size = writer.finish();
  return {hasher.finish(), size, std::move(tree)};
}

}  // namespace

IngestedLayer ingest_layer(const fs::path& ingest, archive::ByteSource& source, const LayerExpectation& expected,
                           const CancelToken& cancel, const ByteProgress& progress, BlobCopy blob_copy) {
  TempDir directory(ingest, "layer-");
  const Fd tar = open_file(directory.path() / "tar", O_RDWR | O_CREAT | O_EXCL, 0644);
  WatchedSource input(source, cancel, progress);
  const archive::Compression compression = archive::detect_compression(input.head());

  std::optional<TempFile> blob;
  std::optional<oci::Digest> blob_digest;
  std::uint64_t blob_size = 0;
  const TarResult result = [&] {
    if (compression == archive::Compression::none) {
      return take_tar(input, tar);
    }
    std::optional<archive::FileWriter> blob_writer;
    if (blob_copy == BlobCopy::write) {
      blob.emplace(ingest, "blob-");
      blob_writer.emplace(blob->fd());
    }
    archive::AsyncHasher blob_hasher;
    archive::TeeSource compressed(input, blob_hasher, blob_writer ? &*blob_writer : nullptr);
    const auto uncompressed = archive::decompress(compressed, compression, cancel);
    TarResult taken = take_tar(*uncompressed, tar);
    while (!compressed.next().empty()) {
    }
    blob_size = compressed.bytes_passed();
    if (blob_writer) {
      blob_writer->finish();
    }
    blob_digest = blob_hasher.finish();
    return taken;
  }();

  if (expected.blob) {
    verify("layer blob does not match its digest", *expected.blob, blob_digest.value_or(result.diff_id));
  }
  if (expected.diff_id) {
    verify("layer does not match its diff ID", expected.diff_id->digest, result.diff_id);
  }
  const WrittenIndex index = write_index(result.tree, tar, directory.path() / "index");
  sync_file(tar);
  if (blob) {
    sync_file(blob->fd());
  }
  LayerRecord record{oci::DiffId{result.diff_id}, result.size, index.index_size, index.content_size, {}};
  if (blob_digest) {
    record.blobs.push_back(*blob_digest);
  }
  return {std::move(record),
          blob_digest.value_or(result.diff_id),
          blob_digest ? blob_size : result.size,
          archive::name_of(compression),
          std::move(blob),
          std::move(directory)};
}

LayerRecord commit_layer(Lease& lease, IngestedLayer layer) {
  if (layer.blob) {
    lease.adopt_blob(std::move(*layer.blob), layer.blob_digest, layer.blob_size);
  }
  lease.adopt_layer(std::move(layer.directory), layer.record);
  return layer.record;
}

std::uint64_t write_layer_index(const fs::path& tar, const fs::path& index) {
  const Fd file = open_file(tar, O_RDONLY);
  const auto source = archive::file_source(file);
  return write_index(tree::read_layer_tree(*source), file, index).content_size;
}

oci::ChainId ensure_chain(Store& store, Lease& lease, std::span<const oci::DiffId> layers, const CancelToken& cancel) {
  oci::ChainId chain = oci::chain_id(layers);
  if (lease.hold_chain(chain)) {
    return chain;
  }
  TempDir directory(lease.ingest_directory(), "chain-");
  const Fd index = open_file(directory.path() / "index", O_RDWR | O_CREAT | O_EXCL, 0644);
  archive::FileWriter writer(index);
  build_chain_index(store.layout(), layers, cancel, writer);
  writer.finish();
  sync_file(index);
  lease.adopt_chain(std::move(directory), chain, layers);
  return chain;
}

}  // namespace nacre::store
