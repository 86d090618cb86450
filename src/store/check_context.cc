#include "store/check_context.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "archive/byte_stream.h"
#include "store/trash.h"

namespace nacre::store {

void CheckContext::begin(std::string_view object) const {
  cancel.check();
  if (progress) {
    progress(object);
  }
}

void CheckContext::add(std::string object, std::string problem) {
  report.findings.push_back({std::move(object), std::move(problem), "", false});
}

void CheckContext::add_repaired(std::string object, std::string problem, std::string outcome) {
  report.findings.push_back({std::move(object), std::move(problem), std::move(outcome), true});
}

void CheckContext::add_lost(std::string object, std::string problem, std::string outcome) {
  report.findings.push_back({std::move(object), std::move(problem), std::move(outcome), false});
}

void CheckContext::while_nothing_changes(const std::function<void(Database&)>& body) {
  auto connection = database.lock();
  if (connection->is_read_only()) {
    body(*connection);
    return;
  }
  const Transaction transaction(*connection, Commit::relaxed);
  body(*connection);
}

Place CheckContext::place_of(const Object& object) const {
  struct stat info{};
  if (::lstat(path_of(layout, object).c_str(), &info) != 0) {
    return {};
  }
  return {info.st_ino, info.st_ctim.tv_sec, info.st_ctim.tv_nsec};
}

bool CheckContext::is_damage(const Object& object, const Place& looked_at) {
  bool recorded = false;
  while_nothing_changes([&](Database& rows) { recorded = has_row(rows, object) && place_of(object) == looked_at; });
  const bool may_be_missing = object.kind == ObjectKind::chain || unneeded.contains(object);
  if (recorded && may_be_missing && looked_at == Place{}) {
    ++report.leftovers;
    return false;
  }
  return recorded;
}

oci::Digest CheckContext::digest_of_file(const fs::path& path, oci::DigestAlgorithm algorithm) {
  const Fd file = open_file(path, O_RDONLY);
  const auto source = archive::file_source(file, 0, UINT64_MAX, cancel);
  oci::Hasher hasher(algorithm);
  for (auto chunk = source->next(); !chunk.empty(); chunk = source->next()) {
    hasher.update(chunk.bytes);
    report.bytes_read += chunk.bytes.size();
    cancel.check();
  }
  return hasher.finish();
}

void CheckContext::discard(const Object& object, const Place& looked_at) {
  auto connection = database.lock();
  Transaction transaction(*connection, Commit::relaxed);
  if (place_of(object) != looked_at) {
    return;
  }
  move_to_trash(layout, path_of(layout, object));
  delete_row(*connection, object);
  transaction.commit();
}

namespace {

constexpr std::string_view users_of_blob =
    "SELECT ?1 WHERE EXISTS (SELECT 1 FROM images WHERE id = ?1) UNION SELECT image FROM manifests WHERE digest = ?1 "
    "UNION SELECT image FROM manifests JOIN manifest_blobs ON manifest = digest WHERE blob = ?1 "
    "UNION SELECT image FROM names WHERE target = ?1";
constexpr std::string_view users_of_layer = "SELECT DISTINCT image FROM image_layers WHERE diff_id = ?1";

// Its names, or its ID.
std::string call(Database& database, const oci::Digest& image) {
  Statement names(database, "SELECT name FROM names WHERE image = ? ORDER BY name LIMIT 1");
  return names.bind(image).step() ? oci::Reference::parse(names.text(0)).familiar() : image.short_id();
}

}  // namespace

std::string CheckContext::advice(const Object& object) {
  auto connection = database.lock();
  std::string images;
  Statement users(*connection, object.kind == ObjectKind::blob ? users_of_blob : users_of_layer);
  users.bind(object.digest);
  while (users.step()) {
    images += (images.empty() ? "" : ", ") + call(*connection, users.digest(0));
  }
  return images.empty() ? "" : fmt::format("; load {} again", images);
}

}  // namespace nacre::store
