#include "store/database.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "store_test_support.h"

namespace nacre::store {
namespace {

class DatabaseTest : public testing::Test {
 protected:
  Database open() { return std::move(*Database::open(path_, CreateFile::yes)); }
  Database open_with_table() {
    Database database = open();
    database.execute("PRAGMA journal_mode = WAL; CREATE TABLE numbers (n INTEGER UNIQUE, word TEXT)");
    return database;
  }
  static std::int64_t count(Database& database) {
    Statement statement(database, "SELECT count(*) FROM numbers");
    statement.step();
    return statement.integer(0);
  }
  const fs::path& path() const { return path_; }

 private:
  TempDir directory_{test::scratch_parent(), "nacre-database-test-"};
  fs::path path_ = directory_.path() / "a b%?#.db";
};

TEST_F(DatabaseTest, IsNotCreatedUnasked) {
  EXPECT_FALSE(Database::open(path(), CreateFile::no).has_value());
  EXPECT_FALSE(fs::exists(path()));
}

TEST_F(DatabaseTest, BindsAndReadsEveryType) {
  Database database = open();
  const auto digest = oci::Digest::of("x");
  Statement statement(database, "SELECT ?, ?, ?, ?, ?, ?");
  statement.bind(std::string_view("te'xt"), std::int64_t{-5}, std::uint64_t{7}, digest, std::optional<std::int64_t>(),
                 std::optional(oci::DiffId{digest}));
  ASSERT_TRUE(statement.step());
  EXPECT_EQ(statement.text(0), "te'xt");
  EXPECT_EQ(statement.integer(1), -5);
  EXPECT_EQ(statement.size(2), 7U);
  EXPECT_EQ(statement.digest(3), digest);
  EXPECT_TRUE(statement.is_null(4));
  EXPECT_EQ(statement.optional_digest(4), std::nullopt);
  EXPECT_EQ(statement.optional_digest(5), digest);
  EXPECT_FALSE(statement.step());
}

TEST_F(DatabaseTest, RefusesASizeThatSqliteCannotHold) {
  Database database = open();
  Statement statement(database, "SELECT ?");
  EXPECT_EQ(test::error_code([&] { statement.bind(std::uint64_t{1} << 63U); }), Code::invalid_argument);
}

TEST_F(DatabaseTest, ABadDigestIsCorruption) {
  Database database = open();
  Statement statement(database, "SELECT 'sha256:short'");
  statement.step();
  EXPECT_EQ(test::error_code([&] { (void)statement.digest(0); }), Code::corrupt);
}

TEST_F(DatabaseTest, ATransactionRollsBackUnlessCommitted) {
  Database database = open_with_table();
  {
    const Transaction transaction(database, Commit::durable);
    Statement(database, "INSERT INTO numbers VALUES (?, ?)").run(1, std::string_view("one"));
  }
  EXPECT_EQ(count(database), 0);
  {
    Transaction transaction(database, Commit::relaxed);
    Statement(database, "INSERT INTO numbers VALUES (?, ?)").run(1, std::string_view("one"));
    transaction.commit();
  }
  EXPECT_EQ(count(database), 1);
}

TEST_F(DatabaseTest, AFailureInsideATransactionLeavesTheDatabaseUsable) {
  Database database = open_with_table();
  const auto insert_twice = [&] {
    Transaction transaction(database, Commit::relaxed);
    Statement(database, "INSERT INTO numbers VALUES (1, '')").run();
    Statement(database, "INSERT INTO numbers VALUES (1, '')").run();
    transaction.commit();
  };
  EXPECT_EQ(test::error_code(insert_twice), Code::internal);
  EXPECT_EQ(count(database), 0);
  Transaction transaction(database, Commit::relaxed);
  transaction.commit();
}

TEST_F(DatabaseTest, ReadersSeeTheLastCommitWhileAWriterIsAtWork) {
  Database writer = open_with_table();
  Database reader = open();
  Transaction transaction(writer, Commit::relaxed);
  Statement(writer, "INSERT INTO numbers VALUES (1, '')").run();
  EXPECT_EQ(count(reader), 0);
  transaction.commit();
  EXPECT_EQ(count(reader), 1);
}

TEST_F(DatabaseTest, ASnapshotSeesOneState) {
  Database writer = open_with_table();
  Database reader = open();
  const Snapshot snapshot(reader);
  EXPECT_EQ(count(reader), 0);
  Transaction transaction(writer, Commit::relaxed);
  Statement(writer, "INSERT INTO numbers VALUES (1, '')").run();
  transaction.commit();
  EXPECT_EQ(count(reader), 0);
}

TEST_F(DatabaseTest, ClosingLeavesTheLogForTheNextConnection) {
  {
    Database database = open_with_table();
    Statement(database, "INSERT INTO numbers VALUES (1, '')").run();
  }
  EXPECT_TRUE(fs::exists(path().native() + "-wal"));
  Database again = open();
  EXPECT_EQ(count(again), 1);
}

TEST_F(DatabaseTest, GarbageIsCorrupt) {
  write_file_atomically(path(), std::string(4096, 'x'));
  EXPECT_EQ(test::error_code([&] { open(); }), Code::corrupt);
}

TEST_F(DatabaseTest, CanBeReadWhereNothingCanBeWritten) {
  {
    Database database = open_with_table();
    Statement(database, "INSERT INTO numbers VALUES (1, '')").run();
  }
  fs::permissions(path().parent_path(), fs::perms(0755));
  const auto status = test::run_as_nobody([&] {
    auto database = Database::open(path(), CreateFile::no);
    ASSERT_TRUE(database.has_value());
    EXPECT_TRUE(database->is_read_only());
    EXPECT_EQ(count(*database), 1);
    EXPECT_EQ(test::error_code([&] { database->execute("INSERT INTO numbers VALUES (2, '')"); }),
              Code::permission_denied);
  });
  if (!status) {
    GTEST_SKIP() << "needs root to become somebody else";
  }
  EXPECT_EQ(*status, 0);
}

// A copy without log and shared memory, as a backup or an image of a disk may have it.
TEST_F(DatabaseTest, CanBeReadWithoutItsSharedMemory) {
  {
    Database database = open_with_table();
    Statement(database, "INSERT INTO numbers VALUES (1, '')").run();
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  fs::remove(path().native() + "-wal");
  fs::remove(path().native() + "-shm");
  fs::permissions(path().parent_path(), fs::perms(0755));
  const auto status = test::run_as_nobody([&] {
    auto database = Database::open(path(), CreateFile::no);
    ASSERT_TRUE(database.has_value());
    EXPECT_EQ(count(*database), 1);
  });
  if (!status) {
    GTEST_SKIP() << "needs root to become somebody else";
  }
  EXPECT_EQ(*status, 0);
}

}  // namespace
}  // namespace nacre::store
