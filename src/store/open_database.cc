#include "store/open_database.h"

#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file_lock.h"
#include "store/sql.h"

namespace nacre::store {

namespace {

constexpr std::int64_t our_application_id = 0x6e637265;  // "ncre", as in schema.sql

std::int64_t current_version() {
  return static_cast<std::int64_t>(migrations.size());
}

// Throws when the file is another program's, or a newer nacre's.
void check_is_ours(Database& database) {
  const std::int64_t version = database.version();
  if (version != 0 && database.application_id() != our_application_id) {
    throw Error(Code::unsupported, fmt::format("'{}' is another program's database", database.path().native()));
  }
  if (version > current_version()) {
    throw Error(Code::unsupported,
                fmt::format("made by a newer nacre (store version {}, this one knows {}); use that one", version,
                            current_version()));
  }
}

void make_store_directories(const Layout& layout) {
  make_directories(layout.root().parent_path());
  make_directories(layout.root(), 0710);  // images may hold secrets: nobody but the owner reads them here
  for (const fs::path& content : std::array{layout.blobs(), layout.layers(), layout.chains()}) {
    make_directories(content / "sha256");
    make_directories(content / "sha512");
    sync_directory(content);
  }
  for (const fs::path& work :
       std::array{layout.leases(), layout.ingest(), layout.containers(), layout.trash(), layout.locks()}) {
    make_directories(work);
  }
  sync_directory(layout.root());
}

// An empty database beside content would call all of it garbage.
void refuse_lost_database(const Layout& layout) {
  for (const fs::path& content : std::array{layout.blobs() / "sha256", layout.layers() / "sha256"}) {
    if (path_exists(content) && !list_directory(content).empty()) {
      throw Error(Code::corrupt,
                  fmt::format("'{}' is gone or empty, but '{}' is not; restore the database from a backup, or "
                              "remove the store to start anew",
                              layout.database().native(), content.native()));
    }
  }
}

Database create_or_migrate(const Layout& layout) {
  make_store_directories(layout);
  // One process at a time, whatever state the database is in.
  const FileLock lock = FileLock::acquire(layout.locks() / "schema", LockMode::exclusive);
  if (!path_exists(layout.database())) {
    refuse_lost_database(layout);
  }
  std::optional<Database> database = Database::open(layout.database(), CreateFile::yes);
  check_is_ours(*database);
  const std::int64_t found = database->version();
  if (found == 0) {
    refuse_lost_database(layout);  // a file cut to nothing is an empty database to SQLite
  }
  for (std::int64_t version = found; version < current_version(); ++version) {
    database->execute(migrations[static_cast<std::size_t>(version)]);
  }
  if (found == 0) {
    sync_directory(layout.root());
  }
  return std::move(*database);
}

Database open_existing_or_create(const Layout& layout) {
  if (auto database = Database::open(layout.database(), CreateFile::no)) {
    check_is_ours(*database);
    if (database->version() == current_version()) {
      return std::move(*database);
    }
  }
  return create_or_migrate(layout);
}

}  // namespace

Database open_database(const Layout& layout) {
  const std::string& root = layout.root().native();
  try {
    return open_existing_or_create(layout);
  } catch (const Error& error) {
    const std::string hint =
        error.code() == Code::permission_denied ? "; run as root or choose another root with --root" : "";
    throw Error(error.code(), fmt::format("open store '{}': {}{}", root, error.message(), hint), error.sys_errno());
  }
}

}  // namespace nacre::store
