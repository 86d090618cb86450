// SQLite with owners: a connection, prepared statements, transactions. Internal to store/.
//
// Failures are Errors: no_space for a full disk, permission_denied for a file that cannot be written, corrupt for a
// damaged one, unavailable when another process keeps the database busy for a minute.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/file.h"
#include "oci/digest.h"

struct sqlite3;
struct sqlite3_stmt;

namespace nacre::store {

// Whether a commit must have reached the disk when it returns. One that need not is atomic all the same, and a later
// durable commit makes it durable too.
enum class Commit { relaxed, durable };

enum class CreateFile { no, yes };

// One connection. Move-only, one thread at a time.
class Database {
 public:
  // Nothing when the file does not exist and is not to be created. A file that can only be read gives a connection that
  // can only read.
  static std::optional<Database> open(const fs::path& path, CreateFile create);

  const fs::path& path() const noexcept { return path_; }
  bool is_read_only() const noexcept;

  // Runs statements without results, as a script has them.
  void execute(std::string_view sql);
  // Schema version (PRAGMA user_version) and application ID; 0 for a new file.
  std::int64_t version();
  std::int64_t application_id();

  // Makes every commit so far durable, whoever made it.
  void sync();

 private:
  friend class Statement;
  friend class Transaction;
  struct Close {
    void operator()(sqlite3* connection) const noexcept;
  };

  Database(sqlite3* connection, fs::path path) : connection_(connection), path_(std::move(path)) {}
  void configure();
  std::int64_t pragma(const char* sql);
  void set_commit(Commit commit);
  [[noreturn]] void fail(std::string_view action) const;

  std::unique_ptr<sqlite3, Close> connection_;
  fs::path path_;
  Commit commit_ = Commit::durable;  // what connection.sql sets
};

// A prepared statement. Parameters are bound in order; columns count from 0. Must not outlive its Database.
class Statement {
 public:
  Statement(Database& database, std::string_view sql);

  // Binds all parameters anew; values are copied.
  template <class... Values>
  Statement& bind(const Values&... values) {
    reset();
    int index = 0;
    (bind_one(++index, values), ...);
    return *this;
  }
  // Steps to the next row; false at the end.
  bool step();
  // Binds and runs a statement without rows; returns how many rows it changed.
  template <class... Values>
  std::int64_t run(const Values&... values) {
    bind(values...);
    return finish();
  }

  std::string_view text(int column) const;  // valid until the next step
  std::int64_t integer(int column) const;
  std::uint64_t size(int column) const;
  bool is_null(int column) const;
  oci::Digest digest(int column) const;  // throws Error (corrupt)
  std::optional<oci::Digest> optional_digest(int column) const;
  Timestamp timestamp(int column) const;  // of this column (seconds) and the next (nanoseconds)

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };

  void bind_one(int index, std::string_view value);
  void bind_one(int index, std::int64_t value);
  void bind_one(int index, std::uint64_t value);
  void bind_one(int index, int value) { bind_one(index, std::int64_t{value}); }
  void bind_one(int index, std::uint32_t value) { bind_one(index, std::int64_t{value}); }
  void bind_one(int index, std::nullopt_t);
  void bind_one(int index, const oci::Digest& value) { bind_one(index, std::string_view(value.str())); }
  void bind_one(int index, const oci::DiffId& value) { bind_one(index, value.digest); }
  void bind_one(int index, const oci::ChainId& value) { bind_one(index, value.digest); }
  template <class Value>
  void bind_one(int index, const std::optional<Value>& value) {
    value ? bind_one(index, *value) : bind_one(index, std::nullopt);
  }
  void check_bound(int result);
  void reset() noexcept;
  std::int64_t finish();

  Database& database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// A write transaction: takes the write lock at once, rolls back unless committed.
class Transaction {
 public:
  Transaction(Database& database, Commit commit);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database* database_;
};

// Several reads that see one state of the database.
class Snapshot {
 public:
  explicit Snapshot(Database& database);
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  Database& database_;
};

}  // namespace nacre::store
