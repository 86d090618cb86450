// Finding, making and refusing stores.
#include <fmt/format.h>
#include <sys/stat.h>

#include "store/database.h"
#include "store_test_support.h"

namespace nacre::store::test {
namespace {

class OpenTest : public StoreTest {};

TEST_F(OpenTest, MakesAStoreWithAllItsDirectories) {
  const Store store = open();
  for (const char* name : {"blobs/sha256", "blobs/sha512", "layers/sha256", "chains/sha256", "leases", "ingest",
                           "containers", "trash", "locks"}) {
    EXPECT_TRUE(fs::is_directory(root() / name)) << name;
  }
  struct stat info{};
  ASSERT_EQ(::stat(root().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0007U, 0U) << "others must not read images";
  EXPECT_TRUE(store.images().empty());
}

TEST_F(OpenTest, OpensWhatIsThereWithoutWriting) {
  {
    open();
  }
  const auto modified = [&](const char* name) { return fs::last_write_time(root() / name); };
  const auto database = modified("nacre.db");
  const auto log = modified("nacre.db-wal");
  const Store store = open();
  EXPECT_TRUE(store.images().empty());
  EXPECT_EQ(modified("nacre.db"), database);
  EXPECT_EQ(modified("nacre.db-wal"), log);
  EXPECT_TRUE(files_below(root()).empty());
}

TEST_F(OpenTest, ARelativeRootBecomesAbsolute) {
  const fs::path before = fs::current_path();
  fs::create_directories(root().parent_path());
  fs::current_path(root().parent_path());
  const Store store = Store::open("root");
  fs::current_path(before);
  EXPECT_EQ(fs::canonical(store.layout().root()), fs::canonical(root()));
}

TEST_F(OpenTest, RefusesAStoreOfANewerNacre) {
  {
    open();
  }
  Database::open(root() / "nacre.db", CreateFile::no)->execute("PRAGMA user_version = 4711");
  EXPECT_EQ(error_code([&] { open(); }), Code::unsupported);
  EXPECT_THAT(error_message([&] { open(); }), testing::HasSubstr("newer nacre (store version 4711"));
}

TEST_F(OpenTest, RefusesAnotherProgramsDatabase) {
  fs::create_directories(root());
  Database::open(root() / "nacre.db", CreateFile::yes)->execute("PRAGMA user_version = 1");
  EXPECT_EQ(error_code([&] { open(); }), Code::unsupported);
}

TEST_F(OpenTest, RefusesAStoreThatLostItsDatabase) {
  {
    Store store = open();
    load(store, make_image("a", {"content"}), {.names = {"a:1"}});
  }
  for (const char* name : {"nacre.db", "nacre.db-wal", "nacre.db-shm"}) {
    fs::remove(root() / name);
  }
  const auto files = files_below(root());
  EXPECT_EQ(error_code([&] { open(); }), Code::corrupt);
  write_file_atomically(root() / "nacre.db", "");
  EXPECT_EQ(error_code([&] { open(); }), Code::corrupt);
  EXPECT_EQ(files_below(root()), files);
}

TEST_F(OpenTest, ADamagedDatabaseIsNamed) {
  {
    open();
  }
  fs::remove(root() / "nacre.db-wal");  // which could make up for it
  write_file_atomically(root() / "nacre.db", std::string(8192, 'x'));
  EXPECT_EQ(error_code([&] { open(); }), Code::corrupt);
  EXPECT_THAT(error_message([&] { open(); }), testing::HasSubstr("nacre.db"));
}

TEST_F(OpenTest, SaysWhatToDoWhereNothingCanBeMade) {
  fs::create_directories(root());
  fs::permissions(root().parent_path(), fs::perms(0755));
  const auto status = run_as_nobody([&] {
    EXPECT_EQ(error_code([&] { open(); }), Code::permission_denied);
    EXPECT_THAT(error_message([&] { open(); }), testing::HasSubstr("run as root or choose another root with --root"));
  });
  if (!status) {
    GTEST_SKIP() << "needs root to become somebody else";
  }
  EXPECT_EQ(*status, 0);
}

TEST_F(OpenTest, AStoreThatCanOnlyBeReadIsRead) {
  {
    Store store = open();
    load(store, make_image("a", {"content"}), {.names = {"a:1"}});
  }
  fs::permissions(root(), fs::perms(0755));
  fs::permissions(root().parent_path(), fs::perms(0755));
  const auto status = run_as_nobody([&] {
    Store store = open();
    ASSERT_EQ(store.images().size(), 1U);
    EXPECT_EQ(store.names().size(), 1U);
    EXPECT_NO_THROW(store.read_blob(store.images()[0].id));
    EXPECT_EQ(error_code([&] { store.lease(); }), Code::permission_denied);
    EXPECT_EQ(error_code([&] { store.untag(oci::Reference::parse("a:1")); }), Code::permission_denied);
  });
  if (!status) {
    GTEST_SKIP() << "needs root to become somebody else";
  }
  EXPECT_EQ(*status, 0);
}

TEST_F(OpenTest, ManyProcessesCanMakeItAtOnce) {
  fs::create_directories(root().parent_path());
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i) {
    children.push_back(start_child([&] { EXPECT_TRUE(open().images().empty()); }));
  }
  for (const pid_t child : children) {
    EXPECT_EQ(wait_for_child(child), 0);
  }
}

}  // namespace
}  // namespace nacre::store::test
