#include "image/history.h"

#include <numeric>

#include "image_test_support.h"

namespace nacre::image {
namespace {

using test::make_tar;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// Layers of 10, 200 and 3,000 bytes of files.
const std::vector<std::string> three_layers = {make_tar({{"a", std::string(10, 'a')}}),
                                               make_tar({{"b", std::string(150, 'b')}, {"c", std::string(50, 'c')}}),
                                               make_tar({{"d", std::string(3'000, 'd')}})};

oci::DiffId diff_id(const std::string& tar) {
  return {oci::Digest::of(tar)};
}

oci::HistoryEntry step(std::int64_t seconds, std::string created_by) {
  return {.created = Timestamp{seconds, 0}, .created_by = std::move(created_by)};
}
oci::HistoryEntry empty_step(std::int64_t seconds, std::string created_by) {
  auto entry = step(seconds, std::move(created_by));
  entry.empty_layer = true;
  return entry;
}

class HistoryTest : public test::ImageTest {
 protected:
  oci::Digest put_with(std::vector<std::string> tars, std::vector<oci::HistoryEntry> history,
                       std::vector<std::string> names = {}) {
    test::TestImage image{.tars = std::move(tars), .names = std::move(names)};
    image.config.created = Timestamp{99, 0};
    image.config.history = std::move(history);
    return put(image);
  }
  std::vector<HistoryRow> rows_of(const oci::Digest& id) { return image_history(store(), record(id)); }
};

std::uint64_t sum_of_sizes(const std::vector<HistoryRow>& rows) {
  return std::accumulate(rows.begin(), rows.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const HistoryRow& row) { return sum + row.size; });
}

TEST_F(HistoryTest, EachStepHasTheLayerItMade) {
  const auto id =
      put_with(three_layers, {step(1, "ADD rootfs"), empty_step(2, "ENV A=1"), step(3, "RUN make"),
                              empty_step(4, "USER me"), step(5, "COPY d /"), empty_step(6, "CMD [\"/d\"]")});
  const auto rows = rows_of(id);
  ASSERT_THAT(rows, SizeIs(6));
  const auto check = [](const HistoryRow& row, std::int64_t seconds, const std::string& created_by,
                        const std::optional<oci::DiffId>& layer, std::uint64_t size) {
    EXPECT_EQ(row.created, (Timestamp{seconds, 0}));
    EXPECT_EQ(row.created_by, created_by);
    EXPECT_EQ(row.layer, layer) << created_by;
    EXPECT_EQ(row.size, size) << created_by;
  };
  check(rows[0], 6, "CMD [\"/d\"]", std::nullopt, 0);
  check(rows[1], 5, "COPY d /", diff_id(three_layers[2]), 3'000);
  check(rows[2], 4, "USER me", std::nullopt, 0);
  check(rows[3], 3, "RUN make", diff_id(three_layers[1]), 200);
  check(rows[4], 2, "ENV A=1", std::nullopt, 0);
  check(rows[5], 1, "ADD rootfs", diff_id(three_layers[0]), 10);
  EXPECT_EQ(sum_of_sizes(rows), record(id).size);
}

TEST_F(HistoryTest, TheNamesAreTheTopRows) {
  const auto id = put_with(three_layers, {step(1, "a"), step(2, "b"), step(3, "c")}, {"b:1", "a:2"});
  const auto rows = rows_of(id);
  ASSERT_THAT(rows, SizeIs(3));
  EXPECT_THAT(rows[0].names, ElementsAre("a:2", "b:1"));
  EXPECT_THAT(rows[1].names, IsEmpty());
  EXPECT_THAT(rows[2].names, IsEmpty());
}

TEST_F(HistoryTest, CommentsComeAlongAndDatesMayBeMissing) {
  const auto rows = rows_of(put_with({}, {{.comment = "by hand", .empty_layer = true}}));
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].comment, "by hand");
  EXPECT_EQ(rows[0].created, std::nullopt);
  EXPECT_EQ(rows[0].created_by, "");
}

TEST_F(HistoryTest, LayersThatNoStepSpeaksOfHaveRowsOfTheirOwn) {
  const auto id = put_with(three_layers, {step(1, "ADD rootfs"), empty_step(2, "ENV A=1")});
  const auto rows = rows_of(id);
  ASSERT_THAT(rows, SizeIs(4));
  EXPECT_EQ(rows[0].layer, diff_id(three_layers[2]));
  EXPECT_EQ(rows[1].layer, diff_id(three_layers[1]));
  for (const auto& row : {rows[0], rows[1]}) {
    EXPECT_EQ(row.created_by, "");
    EXPECT_EQ(row.created, (Timestamp{99, 0}));
  }
  EXPECT_EQ(rows[3].layer, diff_id(three_layers[0]));
  EXPECT_EQ(sum_of_sizes(rows), record(id).size);
}

TEST_F(HistoryTest, WithoutAHistoryEveryLayerIsARow) {
  const auto id = put_with(three_layers, {});
  const auto rows = rows_of(id);
  ASSERT_THAT(rows, SizeIs(3));
  EXPECT_EQ(rows[0].layer, diff_id(three_layers[2]));
  EXPECT_EQ(rows[2].layer, diff_id(three_layers[0]));
  EXPECT_EQ(sum_of_sizes(rows), 3'210U);
}

TEST_F(HistoryTest, StepsWithoutALayerLeftHaveNone) {
  // The config promises more layers than there are.
  const auto rows = rows_of(put_with({three_layers[0]}, {step(1, "first"), step(2, "second"), step(3, "third")}));
  ASSERT_THAT(rows, SizeIs(3));
  EXPECT_EQ(rows[2].layer, diff_id(three_layers[0]));
  EXPECT_EQ(rows[1].layer, std::nullopt);
  EXPECT_EQ(rows[0].layer, std::nullopt);
  EXPECT_EQ(rows[0].size, 0U);
}

TEST_F(HistoryTest, ALayerThatStandsTwiceCountsTwice) {
  const auto& tar = three_layers[1];
  const auto id = put_with({tar, three_layers[0], tar}, {step(1, "a"), step(2, "b"), step(3, "c")});
  const auto rows = rows_of(id);
  ASSERT_THAT(rows, SizeIs(3));
  EXPECT_EQ(rows[0].layer, rows[2].layer);
  EXPECT_EQ(rows[0].size, 200U);
  EXPECT_EQ(sum_of_sizes(rows), record(id).size);
}

TEST_F(HistoryTest, HardLinksAreCountedOnce) {
  const auto tar = test::tar_of({test::file_member("a", std::string(500, 'x')),
                                 test::link_member("b", archive::MemberType::hard_link, "a"),
                                 test::link_member("c", archive::MemberType::symlink, "a")});
  const auto rows = rows_of(put_with({tar}, {step(1, "ADD")}));
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].size, 500U);
}

TEST_F(HistoryTest, AnImageOfNothingHasNoRows) {
  EXPECT_THAT(rows_of(put({.names = {"scratch-like:1"}})), IsEmpty());
}

}  // namespace
}  // namespace nacre::image
