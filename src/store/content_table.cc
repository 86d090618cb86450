#include "store/content_table.h"

#include <array>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/error.h"

namespace nacre::store {

namespace {

// One kind's table and the view of what nobody needs of it.
struct Table {
  std::string_view object, table, key;
};

constexpr Table table_of(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::blob:
      return {"blob", "blobs", "digest"};
    case ObjectKind::layer:
      return {"layer", "layers", "diff_id"};
    case ObjectKind::chain:
      return {"chain", "chains", "chain_id"};
  }
  return {};
}

bool is_file_of_size(const fs::path& path, std::uint64_t size) {
  struct stat info{};
  return ::lstat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && static_cast<std::uint64_t>(info.st_size) == size;
}

std::vector<oci::Digest> digests(Database& database, std::string_view sql) {
  std::vector<oci::Digest> result;
  Statement statement(database, sql);
  while (statement.step()) {
    result.push_back(statement.digest(0));
  }
  return result;
}

}  // namespace

std::string_view name_of(ObjectKind kind) noexcept {
  return table_of(kind).object;
}

fs::path path_of(const Layout& layout, const Object& object) {
  switch (object.kind) {
    case ObjectKind::blob:
      return layout.blob(object.digest);
    case ObjectKind::layer:
      return layout.layer(oci::DiffId{object.digest});
    case ObjectKind::chain:
      return layout.chain(oci::ChainId{object.digest});
  }
  return {};
}

std::string describe(const Object& object) {
  return fmt::format("{} {}", name_of(object.kind), object.digest.str());
}

std::optional<std::uint64_t> find_blob(Database& database, const oci::Digest& digest) {
  Statement statement(database, "SELECT size FROM blobs WHERE digest = ?");
  return statement.bind(digest).step() ? std::optional(statement.size(0)) : std::nullopt;
}

std::optional<LayerRecord> find_layer(Database& database, const oci::DiffId& layer) {
  Statement row(database, "SELECT tar_size, index_size, content_size FROM layers WHERE diff_id = ?");
  if (!row.bind(layer).step()) {
    return std::nullopt;
  }
  LayerRecord record{layer, row.size(0), row.size(1), row.size(2), {}};
  Statement blobs(database, "SELECT blob FROM layer_blobs WHERE diff_id = ? ORDER BY blob");
  blobs.bind(layer);
  while (blobs.step()) {
    record.blobs.push_back(blobs.digest(0));
  }
  return record;
}

bool has_row(Database& database, const Object& object) {
  const Table table = table_of(object.kind);
  Statement statement(database, fmt::format("SELECT 1 FROM {} WHERE {} = ?", table.table, table.key));
  return statement.bind(object.digest).step();
}

std::optional<std::uint64_t> find_whole_blob(Database& database, const Layout& layout, const oci::Digest& digest) {
  const auto size = find_blob(database, digest);
  return size && is_file_of_size(layout.blob(digest), *size) ? size : std::nullopt;
}

std::optional<LayerRecord> find_whole_layer(Database& database, const Layout& layout, const oci::DiffId& layer) {
  auto record = find_layer(database, layer);
  const bool whole = record && is_file_of_size(layout.layer_tar(layer), record->tar_size) &&
                     is_file_of_size(layout.layer_index(layer), record->index_size);
  return whole ? std::move(record) : std::nullopt;
}

bool has_whole_chain(Database& database, const Layout& layout, const oci::ChainId& chain) {
  Statement statement(database, "SELECT index_size FROM chains WHERE chain_id = ?");
  return statement.bind(chain).step() && is_file_of_size(layout.chain_index(chain), statement.size(0));
}

void put_blob_row(Database& database, const oci::Digest& digest, std::uint64_t size) {
  Statement(database, "INSERT INTO blobs (digest, size) VALUES (?, ?) ON CONFLICT DO UPDATE SET size = excluded.size")
      .run(digest, size);
}

void put_layer_row(Database& database, const LayerRecord& layer) {
  Statement(
      database,
      "INSERT INTO layers (diff_id, tar_size, index_size, content_size) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
      "tar_size = excluded.tar_size, index_size = excluded.index_size, content_size = excluded.content_size")
      .run(layer.diff_id, layer.tar_size, layer.index_size, layer.content_size);
}

void put_layer_blob(Database& database, const oci::DiffId& layer, const oci::Digest& blob) {
  Statement(database, "INSERT INTO layer_blobs (diff_id, blob) VALUES (?, ?) ON CONFLICT DO NOTHING").run(layer, blob);
}

void put_chain_row(Database& database, const oci::ChainId& chain, std::uint64_t index_size,
                   std::span<const oci::DiffId> layers) {
  Statement(database,
            "INSERT INTO chains (chain_id, index_size) VALUES (?, ?) ON CONFLICT DO UPDATE SET "
            "index_size = excluded.index_size")
      .run(chain, index_size);
  Statement insert(database,
                   "INSERT INTO chain_layers (chain_id, position, diff_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
  std::uint64_t position = 0;
  for (const oci::DiffId& layer : layers) {
    insert.run(chain, position++, layer);
  }
}

void delete_row(Database& database, const Object& object) {
  const Table table = table_of(object.kind);
  Statement(database, fmt::format("DELETE FROM {} WHERE {} = ?", table.table, table.key)).run(object.digest);
}

std::vector<oci::DiffId> layers_of_chain(Database& database, const oci::ChainId& chain) {
  std::vector<oci::DiffId> layers;
  Statement statement(database, "SELECT diff_id FROM chain_layers WHERE chain_id = ? ORDER BY position");
  statement.bind(chain);
  while (statement.step()) {
    layers.push_back(oci::DiffId{statement.digest(0)});
  }
  return layers;
}

std::vector<oci::Digest> all_objects(Database& database, ObjectKind kind) {
  const Table table = table_of(kind);
  return digests(database, fmt::format("SELECT {} FROM {} ORDER BY 1", table.key, table.table));
}

std::vector<Object> unneeded_objects(Database& database) {
  std::vector<Object> objects;
  for (const ObjectKind kind : {ObjectKind::chain, ObjectKind::layer, ObjectKind::blob}) {
    for (oci::Digest& digest : digests(database, fmt::format("SELECT digest FROM unneeded_{}", table_of(kind).table))) {
      objects.push_back({kind, std::move(digest)});
    }
  }
  return objects;
}

}  // namespace nacre::store
