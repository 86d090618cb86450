#include "store/database.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include "base/error.h"
#include "store/sql.h"

namespace nacre::store {

namespace {

// Called while another process holds the write lock. Writers hold it for microseconds, or for one sync; so the pauses
// are shorter than those of SQLite's own handler.
int wait_for_writer(void*, int attempts) {
  using std::chrono::microseconds;
  constexpr auto longest_pause = microseconds(5'000);
  constexpr int give_up_after = 12'000;  // a minute
  std::this_thread::sleep_for(std::min(longest_pause, microseconds(100) * (attempts + 1)));
  return attempts < give_up_after ? 1 : 0;
}

Error database_error(sqlite3* connection, int result, std::string_view action, const fs::path& path) {
  const auto make = [&](Code code, std::string_view cause) {
    return Error(code, fmt::format("{} '{}': {}", action, path.native(), cause));
  };
  switch (result & 0xff) {
    case SQLITE_FULL:
      return make(Code::no_space, "no space left on device");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return make(Code::unavailable, "another process keeps the store busy; try again");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return make(Code::permission_denied,
                  "the store can only be read; run as its owner or choose another with --root");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return make(Code::corrupt, fmt::format("{}; restore it from a backup", sqlite3_errstr(result)));
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      if (const int error_number = connection != nullptr ? sqlite3_system_errno(connection) : 0; error_number != 0) {
        return sys_error_from(error_number, action, path.native());
      }
      return make(Code::io, sqlite3_errstr(result));
    default:
      return make(Code::internal, connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(result));
  }
}

// The path as a URI that tells SQLite that nobody changes the file, so that no lock and no shared memory is needed.
std::string immutable_uri(const fs::path& path) {
  const std::string absolute = fs::absolute(path).native();
  std::string uri = "file:";
  for (const char c : absolute) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
                       c == '.' || c == '_' || c == '-';
    uri += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri + "?immutable=1";
}

fs::path log_path(const fs::path& database) {
  return database.native() + "-wal";
}

bool has_log(const fs::path& database) {
  std::error_code ignored;
  const auto size = fs::file_size(log_path(database), ignored);
  return !ignored && size > 0;
}

}  // namespace

void Database::Close::operator()(sqlite3* connection) const noexcept {
  sqlite3_close_v2(connection);
}

std::optional<Database> Database::open(const fs::path& path, CreateFile create) {
  const auto connect = [&](const std::string& name, int flags) {
    sqlite3* connection = nullptr;
    const int result = sqlite3_open_v2(name.c_str(), &connection, flags | SQLITE_OPEN_NOMUTEX, nullptr);
    Database database(connection, path);
    if (result != SQLITE_OK) {
      throw database_error(connection, sqlite3_extended_errcode(connection), "open database", path);
    }
    database.configure();
    return database;
  };
  if (create == CreateFile::no && !path_exists(path)) {
    return std::nullopt;
  }
  try {
    return connect(path.native(), SQLITE_OPEN_READWRITE | (create == CreateFile::yes ? SQLITE_OPEN_CREATE : 0));
  } catch (const Error& error) {
    // In a directory that cannot be written SQLite has nowhere to put its shared memory. Nobody else can write there
    // either, so unless a log waits to be replayed the file is all there is.
    const bool blocked = error.code() == Code::permission_denied || error.code() == Code::io;
    if (!blocked || create == CreateFile::yes || !path_exists(path) || has_log(path)) {
      throw;
    }
  }
  return connect(immutable_uri(path), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
}

void Database::configure() {
  sqlite3_extended_result_codes(connection_.get(), 1);
  sqlite3_busy_handler(connection_.get(), &wait_for_writer, nullptr);
  sqlite3_db_config(connection_.get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(connection_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);  // see connection.sql
  execute(connection_sql);
  version();  // the first look into the file: fails here rather than later
}

bool Database::is_read_only() const noexcept {
  return sqlite3_db_readonly(connection_.get(), "main") == 1;
}

void Database::execute(std::string_view sql) {
  const int result = sqlite3_exec(connection_.get(), std::string(sql).c_str(), nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) {
    fail("use database");
  }
}

std::int64_t Database::pragma(const char* sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.integer(0) : 0;
}

std::int64_t Database::version() {
  return pragma("PRAGMA user_version");
}
std::int64_t Database::application_id() {
  return pragma("PRAGMA application_id");
}

// The commits are in the log until they are folded into the database, and that is synced before its log is reused.
void Database::sync() {
  const fs::path log = log_path(path_);
  if (path_exists(log)) {
    sync_file(open_file(log, O_RDONLY));
  }
}

void Database::set_commit(Commit commit) {
  if (commit != commit_) {
    execute(commit == Commit::durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    commit_ = commit;
  }
}

void Database::fail(std::string_view action) const {
  throw database_error(connection_.get(), sqlite3_extended_errcode(connection_.get()), action, path_);
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

Statement::Statement(Database& database, std::string_view sql) : database_(database) {
  sqlite3_stmt* statement = nullptr;
  const int result =
      sqlite3_prepare_v2(database.connection_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  statement_.reset(statement);
  if (result != SQLITE_OK) {
    database_.fail("use database");
  }
}

bool Statement::step() {
  switch (sqlite3_step(statement_.get())) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      database_.fail("use database");
  }
}

std::int64_t Statement::finish() {
  while (step()) {
  }
  reset();
  return sqlite3_changes64(database_.connection_.get());
}

// The result of sqlite3_reset repeats the error of the last step, which was thrown then.
void Statement::reset() noexcept {
  sqlite3_reset(statement_.get());
}

void Statement::check_bound(int result) {
  if (result != SQLITE_OK) {
    database_.fail("use database");
  }
}

void Statement::bind_one(int index, std::string_view value) {
  check_bound(sqlite3_bind_text64(statement_.get(), index, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::bind_one(int index, std::int64_t value) {
  check_bound(sqlite3_bind_int64(statement_.get(), index, value));
}

void Statement::bind_one(int index, std::uint64_t value) {
  if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    throw Error(Code::invalid_argument, fmt::format("record in store: {} is too large a size", value));
  }
  bind_one(index, static_cast<std::int64_t>(value));
}

void Statement::bind_one(int index, std::nullopt_t) {
  check_bound(sqlite3_bind_null(statement_.get(), index));
}

std::string_view Statement::text(int column) const {
  const unsigned char* const bytes = sqlite3_column_text(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return bytes == nullptr ? std::string_view()
                          : as_text(std::as_bytes(std::span(bytes, static_cast<std::size_t>(size))));
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}
std::uint64_t Statement::size(int column) const {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, integer(column)));
}
bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

oci::Digest Statement::digest(int column) const {
  try {
    return oci::Digest::parse(text(column));
  } catch (const Error&) {
    throw Error(Code::corrupt,
                fmt::format("read database '{}': '{}' is no digest", database_.path().native(), text(column)));
  }
}

std::optional<oci::Digest> Statement::optional_digest(int column) const {
  return is_null(column) ? std::nullopt : std::optional(digest(column));
}

Timestamp Statement::timestamp(int column) const {
  return {integer(column), static_cast<std::uint32_t>(size(column + 1))};
}

Transaction::Transaction(Database& database, Commit commit) : database_(&database) {
  database.set_commit(commit);
  database.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (database_ != nullptr && sqlite3_get_autocommit(database_->connection_.get()) == 0) {
    sqlite3_exec(database_->connection_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

void Transaction::commit() {
  database_->execute("COMMIT");
  database_ = nullptr;
}

Snapshot::Snapshot(Database& database) : database_(database) {
  database_.execute("BEGIN");
}

Snapshot::~Snapshot() {
  // Nothing to keep; a failure to end a read has no consequence.
  try {
    database_.execute("COMMIT");
  } catch (const Error&) {
  }
}

}  // namespace nacre::store
