#include <fcntl.h>
#include <fmt/format.h>

#include "archive/tee.h"
#include "base/error.h"
#include "store/check_context.h"
#include "store/compare_sink.h"
#include "store/index_builder.h"
#include "store/layer_ingest.h"
#include "store/trash.h"
#include "tree/layer_tree.h"

namespace nacre::store {

namespace {

// What a layer's files turned out to be. At most one of the two is set: an index can only be judged by a sound tar.
struct Verdict {
  std::optional<std::string> tar_problem;
  std::optional<std::string> index_problem;  // or of what is recorded from it
};

// One pass over the tar: its digest, and its tree for the index that should be.
std::optional<tree::FileTree> read_tar(CheckContext& context, const LayerRecord& layer, const Fd& tar,
                                       std::optional<std::string>& problem) {
  const auto source = archive::file_source(tar, 0, UINT64_MAX, context.cancel);
  archive::AsyncHasher hasher(layer.diff_id.digest.algorithm());
  archive::TeeSource tee(*source, hasher);
  tree::FileTree tree = tree::read_layer_tree(tee);
  const oci::Digest digest = hasher.finish();
  context.report.bytes_read += tee.bytes_passed();
  if (digest != layer.diff_id.digest) {
    problem = "tar does not match its diff ID";
    return std::nullopt;
  }
  return tree;
}

Verdict judge(CheckContext& context, const LayerRecord& layer) {
  const fs::path tar_path = context.layout.layer_tar(layer.diff_id);
  const fs::path index_path = context.layout.layer_index(layer.diff_id);
  if (!path_exists(tar_path)) {
    return {"tar is missing", {}};
  }
  Verdict verdict;
  std::optional<tree::FileTree> tree;
  try {
    const Fd tar = open_file(tar_path, O_RDONLY | O_NOFOLLOW);
    if (file_size(tar) != layer.tar_size) {
      return {fmt::format("tar has {} bytes, not {}", file_size(tar), layer.tar_size), {}};
    }
    tree = read_tar(context, layer, tar, verdict.tar_problem);
  } catch (const Error& error) {
    return {fmt::format("tar cannot be read: {}", error.message()), {}};
  }
  if (!tree) {
    return verdict;
  }
  if (!path_exists(index_path)) {
    return {{}, "index is missing"};
  }
  try {
    CompareSink compare(index_path);
    build_layer_index(*tree, open_file(tar_path, O_RDONLY), compare);
    if (!compare.same()) {
      verdict.index_problem = "index does not match its tar";
    } else if (tree->content_size() != layer.content_size) {
      verdict.index_problem = fmt::format("its files have {} bytes, not {}", tree->content_size(), layer.content_size);
    }
  } catch (const Error& error) {
    verdict.index_problem = fmt::format("index cannot be verified: {}", error.message());
  }
  return verdict;
}

// From the first kept compressed form that is sound. Returns what it was made from.
std::optional<oci::Digest> rebuild_from_blob(CheckContext& context, const LayerRecord& layer) {
  Lease lease = context.store.lease();
  for (const oci::Digest& blob : layer.blobs) {
    if (context.damaged.contains({ObjectKind::blob, blob}) || !lease.hold_blob(blob)) {
      continue;
    }
    const Fd file = context.store.open_blob(blob);
    const auto source = archive::file_source(file, 0, UINT64_MAX, context.cancel);
    try {
      IngestedLayer made = ingest_layer(lease.ingest_directory(), *source, {layer.diff_id, blob}, context.cancel);
      made.blob.reset();  // it is in the store already
      context.while_nothing_changes(
          [&](Database&) { move_to_trash(context.layout, context.layout.layer(layer.diff_id)); });
      lease.adopt_layer(std::move(made.directory), made.record);
      return blob;
    } catch (const Error& error) {
      if (error.code() != Code::corrupt) {
        throw;
      }
    }
  }
  return std::nullopt;
}

void repair_tar(CheckContext& context, const LayerRecord& layer, const Place& looked_at, const std::string& problem) {
  const Object object{ObjectKind::layer, layer.diff_id.digest};
  if (const auto source = rebuild_from_blob(context, layer)) {
    context.add_repaired(describe(object), problem, fmt::format("rebuilt from blob {}", source->str()));
    return;
  }
  const std::string advice = context.advice(object);
  context.discard(object, looked_at);
  if (advice.empty()) {
    context.add_repaired(describe(object), problem, "moved to trash; no image needs it");
  } else {
    context.damaged.insert(object);
    context.add_lost(describe(object), problem, "moved to trash: there is no blob to rebuild it from" + advice);
  }
}

void repair_index(CheckContext& context, LayerRecord layer, const std::string& problem) {
  const Object object{ObjectKind::layer, layer.diff_id.digest};
  Lease lease = context.store.lease();
  const TempDir directory(lease.ingest_directory(), "index-");
  const fs::path made = directory.path() / "index";
  layer.content_size = write_layer_index(context.layout.layer_tar(layer.diff_id), made);
  layer.index_size = file_size(open_file(made, O_RDONLY));

  auto database = context.database.lock();
  Transaction transaction(*database, Commit::relaxed);
  if (has_row(*database, object)) {
    rename_path(made, context.layout.layer_index(layer.diff_id));
    put_layer_row(*database, layer);
  }
  transaction.commit();
  context.add_repaired(describe(object), problem, "rebuilt from its tar");
}

void check_layer(CheckContext& context, const LayerRecord& layer) {
  const Object object{ObjectKind::layer, layer.diff_id.digest};
  ++context.report.layers;
  const Place looked_at = context.place_of(object);
  const Verdict verdict = judge(context, layer);
  const auto& problem = verdict.tar_problem ? verdict.tar_problem : verdict.index_problem;
  if (!problem) {
    for (const fs::path& path : {context.layout.layer_tar(layer.diff_id), context.layout.layer_index(layer.diff_id)}) {
      check_not_writable_by_others(context, describe(object), path);
    }
    return;
  }
  if (!context.is_damage(object, looked_at)) {
    return;
  }
  if (!context.repairs()) {
    context.damaged.insert(object);
    context.add(describe(object), *problem);
  } else if (verdict.tar_problem) {
    repair_tar(context, layer, looked_at, *problem);
  } else {
    repair_index(context, layer, *problem);
  }
}

}  // namespace

void check_layers(CheckContext& context) {
  const auto digests = all_objects(*context.database.lock(), ObjectKind::layer);
  for (const oci::Digest& digest : digests) {
    context.begin(describe({ObjectKind::layer, digest}));
    if (const auto layer = context.store.find_layer(oci::DiffId{digest})) {
      check_layer(context, *layer);
    }
  }
}

}  // namespace nacre::store
