#include "store/image_table.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "oci/json.h"

namespace nacre::store {

namespace {

constexpr std::string_view image_columns =
    "id, manifest, manifest_media_type, created_seconds, created_nanoseconds, loaded_seconds, loaded_nanoseconds, "
    "size, os, "
    "architecture, variant, os_version, os_features, labels, parent";

std::vector<std::string> parse_features(std::string_view json) {
  if (json == "[]") {
    return {};  // nearly always
  }
  std::vector<std::string> features;
  const oci::Json array = oci::parse_json(json);
  for (const oci::Json& feature : oci::as_array(array, "os_features")) {
    features.push_back(feature.is_string() ? feature.get<std::string>() : std::string());
  }
  return features;
}

// Without its layers.
ImageRecord read_image(const Statement& row) {
  return {
      .id = row.digest(0),
      .manifest = row.digest(1),
      .manifest_media_type = std::string(row.text(2)),
      .created = row.is_null(3) ? std::nullopt : std::optional(row.timestamp(3)),
      .loaded = row.timestamp(5),
      .size = row.size(7),
      .platform = {std::string(row.text(8)), std::string(row.text(9)), std::string(row.text(10)),
                   std::string(row.text(11)), parse_features(row.text(12))},
      .labels_json = std::string(row.text(13)),
      .parent = row.optional_digest(14),
      .layers = {},
  };
}

std::vector<oci::Digest> digests(Statement& statement) {
  std::vector<oci::Digest> result;
  while (statement.step()) {
    result.push_back(statement.digest(0));
  }
  return result;
}

bool any(Statement& statement) {
  return statement.step();
}

}  // namespace

std::vector<ImageRecord> all_images(Database& database) {
  const Snapshot snapshot(database);
  std::vector<ImageRecord> images;
  std::map<std::string, std::size_t, std::less<>> position;
  Statement rows(database, fmt::format("SELECT {} FROM images ORDER BY created_seconds DESC, created_nanoseconds DESC, "
                                       "loaded_seconds DESC, loaded_nanoseconds DESC, id",
                                       image_columns));
  while (rows.step()) {
    images.push_back(read_image(rows));
    position.emplace(images.back().id.str(), images.size() - 1);
  }
  Statement layers(database, "SELECT image, diff_id FROM image_layers ORDER BY image, position");
  while (layers.step()) {
    if (const auto found = position.find(layers.text(0)); found != position.end()) {
      images[found->second].layers.push_back(oci::DiffId{layers.digest(1)});
    }
  }
  return images;
}

std::optional<ImageRecord> find_image(Database& database, const oci::Digest& id) {
  Statement row(database, fmt::format("SELECT {} FROM images WHERE id = ?", image_columns));
  if (!row.bind(id).step()) {
    return std::nullopt;
  }
  ImageRecord image = read_image(row);
  Statement layers(database, "SELECT diff_id FROM image_layers WHERE image = ? ORDER BY position");
  layers.bind(id);
  while (layers.step()) {
    image.layers.push_back(oci::DiffId{layers.digest(0)});
  }
  return image;
}

bool has_image(Database& database, const oci::Digest& id) {
  Statement statement(database, "SELECT 1 FROM images WHERE id = ?");
  return any(statement.bind(id));
}

std::vector<oci::Digest> images_with_prefix(Database& database, std::string_view hex) {
  if (hex.find_first_not_of("0123456789abcdef") != std::string_view::npos) {
    return {};
  }
  std::vector<oci::Digest> found;
  Statement statement(database, "SELECT id FROM images WHERE id >= ?1 || ?2 AND id < ?1 || ?2 || 'g' ORDER BY id");
  for (const std::string_view algorithm : {"sha256:", "sha512:"}) {
    for (oci::Digest& id : digests(statement.bind(algorithm, hex))) {
      found.push_back(std::move(id));
    }
  }
  return found;
}

std::vector<oci::Digest> images_of_target(Database& database, const oci::Digest& target) {
  Statement statement(database,
                      "WITH RECURSIVE reached (digest) AS (VALUES (?) UNION "
                      "SELECT child FROM index_children JOIN reached ON index_digest = reached.digest) "
                      "SELECT DISTINCT image FROM manifests JOIN reached USING (digest) ORDER BY image");
  return digests(statement.bind(target));
}

std::vector<oci::Digest> children_of(Database& database, const oci::Digest& image) {
  Statement statement(database, "SELECT id FROM images WHERE parent = ? ORDER BY id");
  return digests(statement.bind(image));
}

bool is_used_by_container(Database& database, const oci::Digest& image) {
  Statement statement(database, "SELECT 1 FROM containers WHERE image = ? LIMIT 1");
  return any(statement.bind(image));
}

bool leads_to(Database& database, const oci::Digest& target, const oci::Digest& image) {
  const auto images = images_of_target(database, target);
  return std::ranges::find(images, image) != images.end();
}

void put_image_row(Database& database, const ImageRecord& image) {
  const auto created = image.created;
  const auto chain = image.layers.empty() ? std::nullopt : std::optional(oci::chain_id(image.layers));
  Statement(
      database,
      "INSERT INTO images (id, manifest, manifest_media_type, created_seconds, created_nanoseconds, loaded_seconds, "
      "loaded_nanoseconds, size, os, architecture, variant, os_version, os_features, labels, parent, chain_id) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
      "manifest = excluded.manifest, manifest_media_type = excluded.manifest_media_type, "
      "parent = coalesce(excluded.parent, parent)")
      .run(
          image.id, image.manifest, image.manifest_media_type, created ? std::optional(created->seconds) : std::nullopt,
          created ? std::optional(created->nanoseconds) : std::nullopt, image.loaded.seconds, image.loaded.nanoseconds,
          image.size, image.platform.os, image.platform.architecture, image.platform.variant, image.platform.os_version,
          oci::Json(image.platform.os_features).dump(), image.labels_json, image.parent, chain);
  Statement insert(database,
                   "INSERT INTO image_layers (image, position, diff_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
  std::uint64_t position = 0;
  for (const oci::DiffId& layer : image.layers) {
    insert.run(image.id, position++, layer);
  }
}

void put_manifest_row(Database& database, const oci::Manifest& manifest, const oci::Digest& image) {
  Statement(database, "INSERT INTO manifests (digest, image, media_type) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
      .run(manifest.digest(), image, manifest.media_type());
  Statement insert(database, "INSERT INTO manifest_blobs (manifest, blob) VALUES (?, ?) ON CONFLICT DO NOTHING");
  insert.run(manifest.digest(), manifest.config().digest);
  for (const oci::Descriptor& layer : manifest.layers()) {
    insert.run(manifest.digest(), layer.digest);
  }
}

void put_index_row(Database& database, const oci::Index& index, const oci::Digest& manifest) {
  Statement(database, "INSERT INTO indexes (digest, media_type) VALUES (?, ?) ON CONFLICT DO NOTHING")
      .run(index.digest(), index.media_type());
  Statement insert(database, "INSERT INTO index_children (index_digest, child) VALUES (?, ?) ON CONFLICT DO NOTHING");
  insert.run(index.digest(), manifest);
  for (const oci::Descriptor& child : index.manifests()) {
    insert.run(index.digest(), child.digest);
  }
}

void delete_image_row(Database& database, const oci::Digest& image) {
  // The indexes that list the image stay for the sake of others, but no longer hold its manifests.
  Statement(database, "DELETE FROM index_children WHERE child IN (SELECT digest FROM manifests WHERE image = ?)")
      .run(image);
  Statement(database, "DELETE FROM images WHERE id = ?").run(image);
}

void delete_unneeded_indexes(Database& database) {
  // An index may hold another one, so until nothing is left to delete.
  Statement statement(database, "DELETE FROM indexes WHERE digest IN (SELECT digest FROM unneeded_indexes)");
  while (statement.run() > 0) {
  }
}

std::vector<oci::Digest> blobs_of_image(Database& database, const oci::Digest& image) {
  Statement statement(database,
                      "WITH own (digest) AS (SELECT digest FROM manifests WHERE image = ?1) "
                      "SELECT id FROM images WHERE id = ?1 UNION SELECT digest FROM own "
                      "UNION SELECT blob FROM manifest_blobs JOIN own ON manifest = own.digest "
                      "UNION SELECT index_digest FROM index_children JOIN own ON child = own.digest");
  return digests(statement.bind(image));
}

}  // namespace nacre::store
