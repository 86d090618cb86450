// Rows of blobs, layers and chains, and whether the files agree with them. Internal to store/.
//
// The files of the three kinds change place only inside a write transaction, so what these functions see inside one
// holds until it ends.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "store/database.h"
#include "store/layout.h"
#include "store/store.h"

namespace nacre::store {

enum class ObjectKind { blob, layer, chain };

struct Object {
  ObjectKind kind;
  oci::Digest digest;
  auto operator<=>(const Object&) const = default;
};

std::string_view name_of(ObjectKind kind) noexcept;  // "blob", "layer", "chain", as the database has it
fs::path path_of(const Layout& layout, const Object& object);
std::string describe(const Object& object);  // "layer sha256:..."

// What the row says; the files are not looked at.
std::optional<std::uint64_t> find_blob(Database& database, const oci::Digest& digest);  // its size
std::optional<LayerRecord> find_layer(Database& database, const oci::DiffId& layer);
bool has_row(Database& database, const Object& object);

// The row, if the files are there too and as long as it says. A row without its files is left from a removal that was
// cut short, or damage; either way the content is missing.
std::optional<std::uint64_t> find_whole_blob(Database& database, const Layout& layout, const oci::Digest& digest);
std::optional<LayerRecord> find_whole_layer(Database& database, const Layout& layout, const oci::DiffId& layer);
bool has_whole_chain(Database& database, const Layout& layout, const oci::ChainId& chain);

// Inserts or replaces.
void put_blob_row(Database& database, const oci::Digest& digest, std::uint64_t size);
void put_layer_row(Database& database, const LayerRecord& layer);
void put_chain_row(Database& database, const oci::ChainId& chain, std::uint64_t index_size,
                   std::span<const oci::DiffId> layers);
// Notes that a blob is a compressed form of a layer; both have rows.
void put_layer_blob(Database& database, const oci::DiffId& layer, const oci::Digest& blob);

void delete_row(Database& database, const Object& object);

std::vector<oci::DiffId> layers_of_chain(Database& database, const oci::ChainId& chain);
std::vector<oci::Digest> all_objects(Database& database, ObjectKind kind);
// What nobody refers to (the views of schema.sql).
std::vector<Object> unneeded_objects(Database& database);

}  // namespace nacre::store
