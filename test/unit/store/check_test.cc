// Every kind of damage is found, and repaired where there is something to repair it from.
#include "store/check.h"

#include <algorithm>

#include <fmt/format.h>

#include "store/database.h"
#include "store_test_support.h"

namespace nacre::store::test {
namespace {

using testing::HasSubstr;

class CheckTest : public StoreTest {
 protected:
  Store store_ = open();
  TestImage image_ = make_image("a", {"one", "two"});

  void SetUp() override { load(store_, image_, {.names = {"app:1"}}); }

  CheckReport run(Repair repair = Repair::no) { return check(store_, repair, CancelToken{}); }
  // "object: problem" of each finding, sorted.
  static std::vector<std::string> lines(const CheckReport& report) {
    std::vector<std::string> result;
    for (const Finding& finding : report.findings) {
      result.push_back(fmt::format("{}: {}", finding.object, finding.problem));
    }
    std::ranges::sort(result);
    return result;
  }
  static bool all_repaired(const CheckReport& report) {
    return !report.findings.empty() && std::ranges::all_of(report.findings, &Finding::repaired);
  }
  // Changes one byte in the middle, keeping the size.
  static void damage(const fs::path& path) {
    std::string content = read_file(path, 1 << 20);
    content[content.size() / 2] = static_cast<char>(content[content.size() / 2] ^ 1);
    write_file_atomically(path, content);
  }
  oci::DiffId layer(std::size_t i) const { return image_.diff_ids().at(i); }
  oci::Digest blob(std::size_t i) const { return oci::Digest::of(image_.blobs.at(i)); }
  oci::ChainId chain() const { return oci::chain_id(image_.diff_ids()); }
  void execute(std::string_view sql) {
    Database::open(store_.layout().database(), CreateFile::no)
        ->execute(fmt::format("PRAGMA foreign_keys = OFF; {}", sql));
  }
};

TEST_F(CheckTest, ASoundStoreHasNothingWrong) {
  std::vector<std::string> seen;
  const auto report =
      check(store_, Repair::no, CancelToken{}, [&](std::string_view object) { seen.emplace_back(object); });
  EXPECT_EQ(lines(report), std::vector<std::string>{});
  EXPECT_TRUE(report.clean());
  EXPECT_EQ(report.blobs, 4U);
  EXPECT_EQ(report.layers, 2U);
  EXPECT_EQ(report.chains, 1U);
  EXPECT_EQ(report.images, 1U);
  EXPECT_EQ(report.leftovers, 0U);
  EXPECT_GT(report.bytes_read, image_.tars[0].size());
  EXPECT_THAT(seen, testing::Contains("layer " + layer(0).digest.str()));
  EXPECT_THAT(seen, testing::Contains("image " + image_.id().str()));
}

TEST_F(CheckTest, RepairOfASoundStoreChangesNothing) {
  const auto before = files_below(root());
  EXPECT_TRUE(run(Repair::yes).clean());
  EXPECT_EQ(files_below(root()), before);
}

TEST_F(CheckTest, ADamagedIndexIsRebuiltFromItsTar) {
  const std::string before = read_file(store_.layout().layer_index(layer(0)), 1 << 20);
  damage(store_.layout().layer_index(layer(0)));
  EXPECT_THAT(lines(run()), testing::Contains("layer " + layer(0).digest.str() + ": index does not match its tar"));
  const auto report = run(Repair::yes);
  EXPECT_TRUE(all_repaired(report));
  EXPECT_EQ(read_file(store_.layout().layer_index(layer(0)), 1 << 20), before);
  EXPECT_TRUE(run().clean());
}

TEST_F(CheckTest, AMissingIndexIsRebuiltFromItsTar) {
  fs::remove(store_.layout().layer_index(layer(0)));
  EXPECT_THAT(lines(run()), testing::Contains("layer " + layer(0).digest.str() + ": index is missing"));
  EXPECT_TRUE(all_repaired(run(Repair::yes)));
  EXPECT_TRUE(run().clean());
}

TEST_F(CheckTest, AWrongSizeOfTheFilesIsSetRight) {
  const auto before = store_.find_layer(layer(0))->content_size;
  execute(fmt::format("UPDATE layers SET content_size = 7 WHERE diff_id = '{}'", layer(0).digest.str()));
  EXPECT_THAT(lines(run()), testing::Contains(HasSubstr("its files have ")));
  EXPECT_TRUE(all_repaired(run(Repair::yes)));
  EXPECT_EQ(store_.find_layer(layer(0))->content_size, before);
  EXPECT_TRUE(run().clean());
}

TEST_F(CheckTest, ADamagedTarIsRebuiltFromItsBlob) {
  damage(store_.layout().layer_tar(layer(1)));
  const auto found = run();
  EXPECT_THAT(lines(found), testing::Contains(HasSubstr(layer(1).digest.str() + ": tar ")));
  EXPECT_THAT(lines(found), testing::Contains(HasSubstr("image " + image_.id().str())));
  const auto report = run(Repair::yes);
  EXPECT_TRUE(all_repaired(report));
  EXPECT_THAT(report.findings.at(0).outcome, HasSubstr("rebuilt from blob " + blob(1).str()));
  EXPECT_EQ(read_file(store_.layout().layer_tar(layer(1)), 1 << 20), image_.tars[1]);
  EXPECT_TRUE(run().clean());
}

TEST_F(CheckTest, AMissingLayerIsRebuiltFromItsBlob) {
  fs::remove_all(store_.layout().layer(layer(1)));
  EXPECT_THAT(lines(run()), testing::Contains("layer " + layer(1).digest.str() + ": tar is missing"));
  EXPECT_TRUE(all_repaired(run(Repair::yes)));
  EXPECT_TRUE(run().clean());
}

TEST_F(CheckTest, ATruncatedTarIsRebuiltFromItsBlob) {
  fs::resize_file(store_.layout().layer_tar(layer(0)), 512);
  EXPECT_THAT(lines(run()), testing::Contains(HasSubstr("tar has 512 bytes, not")));
  EXPECT_TRUE(all_repaired(run(Repair::yes)));
  EXPECT_TRUE(run().clean());
}

TEST_F(CheckTest, ALayerWithoutASoundBlobIsReportedAndComesBackByLoading) {
  damage(store_.layout().layer_tar(layer(0)));
  damage(store_.layout().blob(blob(0)));
  const auto report = run(Repair::yes);
  EXPECT_FALSE(all_repaired(report));
  EXPECT_THAT(report.findings, testing::Contains(testing::Field(&Finding::outcome, HasSubstr("load app:1 again"))));
  ASSERT_EQ(store_.images().size(), 1U) << "a broken image is not removed";
  EXPECT_EQ(store_.names().size(), 1U);

  EXPECT_THAT(lines(run()), testing::Contains(HasSubstr("image " + image_.id().str())));
  load(store_, image_);
  EXPECT_EQ(lines(run()), std::vector<std::string>{});
}

TEST_F(CheckTest, ADamagedBlobGoesAndComesBackByLoading) {
  damage(store_.layout().blob(blob(0)));
  EXPECT_THAT(lines(run()), testing::Contains("blob " + blob(0).str() + ": does not match its digest"));
  const auto report = run(Repair::yes);
  EXPECT_FALSE(all_repaired(report));
  EXPECT_FALSE(store_.has_blob(blob(0)));
  load(store_, image_);
  EXPECT_EQ(lines(run()), std::vector<std::string>{});
}

TEST_F(CheckTest, ALostConfigIsNamed) {
  fs::remove(store_.layout().blob(image_.id()));
  EXPECT_THAT(lines(run()), testing::Contains("blob " + image_.id().str() + ": is missing"));
  EXPECT_FALSE(all_repaired(run(Repair::yes)));
  load(store_, image_);
  EXPECT_TRUE(run().clean());
}

TEST_F(CheckTest, AChainThatAPowerCutTookIsNoDamage) {
  fs::remove_all(store_.layout().chain_index(chain()).parent_path());
  const auto report = run();
  EXPECT_TRUE(report.clean());
  EXPECT_EQ(report.leftovers, 1U);
}

TEST_F(CheckTest, AChainWithoutItsIndexIsDamage) {
  fs::remove(store_.layout().chain_index(chain()));
  EXPECT_EQ(lines(run()), std::vector{"chain " + chain().digest.str() + ": index is missing"});
}

TEST_F(CheckTest, ADamagedChainGoesAndIsMadeAgain) {
  damage(store_.layout().chain_index(chain()));
  EXPECT_EQ(lines(run()), std::vector{"chain " + chain().digest.str() + ": index does not match its layers"});
  EXPECT_TRUE(all_repaired(run(Repair::yes)));
  EXPECT_FALSE(store_.has_chain(chain()));
  Lease lease = store_.lease();
  ensure_chain(store_, lease, image_.diff_ids(), CancelToken{});
  EXPECT_TRUE(run().clean());
}

TEST_F(CheckTest, FilesThatBelongToNobodyGo) {
  write_file_atomically(store_.layout().blob(oci::Digest::of("stray")), "stray");
  write_file_atomically(root() / "blobs" / "sha256" / "notes.txt", "x");
  make_directories(root() / "layers" / "md5");
  const auto report = run();
  EXPECT_EQ(report.findings.size(), 3U);
  EXPECT_THAT(lines(report), testing::Contains("file blobs/sha256/notes.txt: belongs to nothing in the store"));
  EXPECT_TRUE(all_repaired(run(Repair::yes)));
  EXPECT_TRUE(run().clean());
  EXPECT_FALSE(path_exists(store_.layout().blob(oci::Digest::of("stray"))));
  EXPECT_FALSE(path_exists(root() / "blobs" / "sha256" / "notes.txt"));
  EXPECT_FALSE(path_exists(root() / "layers" / "md5"));
}

TEST_F(CheckTest, MissingAndOpenDirectoriesArePutRight) {
  fs::remove_all(root() / "ingest");
  fs::permissions(root() / "blobs" / "sha256", fs::perms(0777));
  fs::permissions(store_.layout().blob(image_.id()), fs::perms(0666));
  EXPECT_EQ(lines(run()),
            (std::vector<std::string>{"blob " + image_.id().str() + ": can be written by others than its owner",
                                      "file blobs/sha256: can be written by others than its owner",
                                      "file ingest: is missing"}));
  EXPECT_TRUE(all_repaired(run(Repair::yes)));
  EXPECT_TRUE(run().clean());
}

TEST_F(CheckTest, ANameThatLeadsNowhereIsLedBack) {
  execute(fmt::format("UPDATE names SET target = '{}'", oci::Digest::of("nowhere").str()));
  EXPECT_THAT(lines(run()), testing::ElementsAre(HasSubstr("name app:1: ")));
  EXPECT_TRUE(all_repaired(run(Repair::yes)));
  EXPECT_TRUE(run().clean());
}

TEST_F(CheckTest, RowsThatReferToNothingAreNamed) {
  execute("DELETE FROM images");
  const auto report = run();
  ASSERT_FALSE(report.clean());
  EXPECT_EQ(report.findings[0].object, "database");
  EXPECT_THAT(report.findings[0].problem, HasSubstr("refers to one of images that is not there"));
}

TEST_F(CheckTest, TheWorkOfTheLivingIsLeftAlone) {
  Lease lease = store_.lease();
  lease.put_blob(as_bytes("on its way"));
  write_file_atomically(lease.ingest_directory() / "half", "x");
  const auto report = run(Repair::yes);
  EXPECT_TRUE(report.clean());
  EXPECT_EQ(report.leftovers, 0U);
  EXPECT_TRUE(store_.has_blob(oci::Digest::of("on its way")));
  EXPECT_TRUE(path_exists(lease.ingest_directory() / "half"));
}

TEST_F(CheckTest, CanBeCancelled) {
  CancelToken cancel;
  EXPECT_THROW(check(store_, Repair::no, cancel, [&](std::string_view) { cancel.request(); }), Cancelled);
}

}  // namespace
}  // namespace nacre::store::test
