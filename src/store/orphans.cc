#include "store/orphans.h"

#include <set>

namespace nacre::store {

namespace {

fs::path directory_of(const Layout& layout, ObjectKind kind) {
  switch (kind) {
    case ObjectKind::blob:
      return layout.blobs();
    case ObjectKind::layer:
      return layout.layers();
    case ObjectKind::chain:
      return layout.chains();
  }
  return {};
}

void look_through(Database& database, const Layout& layout, ObjectKind kind, Orphans& found) {
  const auto rows = all_objects(database, kind);
  const std::set<oci::Digest> known(rows.begin(), rows.end());
  const fs::path directory = directory_of(layout, kind);
  if (!path_exists(directory)) {
    return;
  }
  for (const std::string& algorithm : list_directory(directory)) {
    if (algorithm != "sha256" && algorithm != "sha512") {
      found.strays.push_back(directory / algorithm);
      continue;
    }
    for (const std::string& hex : list_directory(directory / algorithm)) {
      const std::string text = algorithm + ':' + hex;
      if (!oci::Digest::is_valid(text)) {
        found.strays.push_back(directory / algorithm / hex);
      } else if (auto digest = oci::Digest::parse(text); !known.contains(digest)) {
        found.objects.push_back({kind, std::move(digest)});
      }
    }
  }
}

}  // namespace

Orphans find_orphans(Database& database, const Layout& layout) {
  Orphans found;
  for (const ObjectKind kind : {ObjectKind::blob, ObjectKind::layer, ObjectKind::chain}) {
    look_through(database, layout, kind, found);
  }
  return found;
}

}  // namespace nacre::store
