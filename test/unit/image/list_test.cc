#include "image/list.h"

#include <cstdlib>

#include "image_test_support.h"

namespace nacre::image {
namespace {

using test::created_at;
using test::error_of;
using test::name;
using testing::ElementsAre;
using testing::IsEmpty;

class ListTest : public test::ImageTest {
 protected:
  std::vector<ListedImage> list(const std::vector<std::string>& filters = {},
                                Intermediate intermediate = Intermediate::hide) {
    ListFilters parsed;
    for (const auto& filter : filters) {
      parsed.add_list_filter(filter);
    }
    return list_images(store(), parsed, intermediate);
  }
  // The IDs alone.
  std::vector<oci::Digest> ids(const std::vector<std::string>& filters = {},
                               Intermediate intermediate = Intermediate::hide) {
    return ids_of(list(filters, intermediate));
  }
  std::vector<oci::Digest> pruned_ids(const std::vector<std::string>& filters) {
    ListFilters parsed;
    for (const auto& filter : filters) {
      parsed.add_prune_filter(filter);
    }
    return ids_of(list_images(store(), parsed, Intermediate::hide));
  }
  static std::vector<oci::Digest> ids_of(const std::vector<ListedImage>& images) {
    std::vector<oci::Digest> result;
    for (const auto& listed : images) {
      result.push_back(listed.image.id);
    }
    return result;
  }
  static std::vector<std::string> names_of(const ListedImage& listed) {
    std::vector<std::string> result;
    for (const auto& each : listed.names) {
      result.push_back(each.name.familiar());
    }
    return result;
  }
  oci::Digest put_labelled(std::int64_t seconds, std::map<std::string, std::string> labels) {
    auto image = created_at(seconds);
    image.config.defaults.labels = std::move(labels);
    return put(image);
  }
};

TEST_F(ListTest, NewestFirstWithEachImagesNames) {
  EXPECT_THAT(ids(), IsEmpty());
  const auto old = put(created_at(100, {"b:1", "a:2", "reg.example/a:1"}));
  const auto undated = put({.names = {"undated:1"}});
  const auto young = put(created_at(200));
  const auto listed = list();
  EXPECT_THAT(ids_of(listed), ElementsAre(young, old, undated));
  EXPECT_THAT(names_of(listed[0]), IsEmpty());
  EXPECT_THAT(names_of(listed[1]), ElementsAre("a:2", "b:1", "reg.example/a:1"));
  EXPECT_TRUE(listed[0].dangling);
  EXPECT_FALSE(listed[1].dangling);
  EXPECT_EQ(listed[1].image.created, (Timestamp{100, 0}));
}

TEST_F(ListTest, DanglingIsWhatHasNoName) {
  const auto named = put(created_at(3, {"app:1"}));
  const auto dangling = put(created_at(2));
  const auto replaced = put(created_at(1, {"app:2"}));
  for (const char* yes : {"dangling=true", "dangling=1"}) {
    EXPECT_THAT(ids({yes}), ElementsAre(dangling)) << yes;
  }
  for (const char* no : {"dangling=false", "dangling=0"}) {
    EXPECT_THAT(ids({no}), ElementsAre(named, replaced)) << no;
  }
  // A name that moves leaves a dangling image.
  store().tag(named, record(named).manifest, name("app:2"));
  EXPECT_THAT(ids({"dangling=true"}), ElementsAre(dangling, replaced));
}

TEST_F(ListTest, AnUnnamedParentIsIntermediate) {
  const auto parent = put(created_at(1));
  auto of_child = created_at(2);
  of_child.parent = parent;
  const auto child = put(of_child);
  EXPECT_THAT(ids(), ElementsAre(child));
  EXPECT_THAT(ids({}, Intermediate::show), ElementsAre(child, parent));
  // What is needed by another image is no waste, even when all are shown.
  EXPECT_THAT(ids({"dangling=true"}), ElementsAre(child));
  EXPECT_THAT(ids({"dangling=true"}, Intermediate::show), ElementsAre(child));

  store().tag(parent, record(parent).manifest, name("base:1"));
  EXPECT_THAT(ids(), ElementsAre(child, parent));
  store().untag(name("base:1"));
  store().remove_image(child, store::PruneUntagged::no);
  EXPECT_THAT(ids({"dangling=true"}), ElementsAre(parent));
}

TEST_F(ListTest, AnUnnamedParentIsNeitherDanglingNorNot) {
  const auto parent = put(created_at(1));
  auto of_child = created_at(2, {"app:1"});
  of_child.parent = parent;
  const auto child = put(of_child);
  EXPECT_THAT(ids({"dangling=false"}, Intermediate::show), ElementsAre(child));
  EXPECT_THAT(ids({"dangling=true"}, Intermediate::show), IsEmpty());
  EXPECT_THAT(ids({}, Intermediate::show), ElementsAre(child, parent));
}

TEST_F(ListTest, WhatHasOnlyADigestIsDanglingAndNot) {
  const auto tagged = put(created_at(3, {"app:1"}));
  store().tag(tagged, record(tagged).manifest, name("app@" + record(tagged).manifest.str()));
  const auto digested = put(created_at(2));
  store().tag(digested, record(digested).manifest, name("app@" + record(digested).manifest.str()));
  const auto unnamed = put(created_at(1));
  EXPECT_THAT(ids({"dangling=true"}), ElementsAre(digested, unnamed));
  EXPECT_THAT(ids({"dangling=false"}), ElementsAre(tagged, digested));
  auto of_child = created_at(4, {"child:1"});
  of_child.parent = digested;
  put(of_child);
  EXPECT_THAT(ids({"dangling=true"}), ElementsAre(unnamed));
}

TEST_F(ListTest, OtherPlatformsStandBehindTheNameOfTheirIndex) {
  auto for_arm = created_at(1);
  for_arm.config.platform = oci::Platform::parse("linux/arm64");
  const auto arm = put(for_arm);
  const auto host = put(created_at(2));
  const auto index = put_index({arm, host}, {"multi:1"});
  EXPECT_THAT(ids(), ElementsAre(host));
  EXPECT_THAT(ids({"dangling=true"}, Intermediate::show), IsEmpty());
  const auto all = list({}, Intermediate::show);
  EXPECT_THAT(ids_of(all), ElementsAre(host, arm));
  EXPECT_FALSE(all[1].dangling);

  // The name goes, and nothing leads to either of them.
  store().untag(name("multi:1"));
  EXPECT_THAT(ids({"dangling=true"}), ElementsAre(host, arm));
  store().tag(host, index.digest(), name("multi:2"));
  EXPECT_THAT(ids({"dangling=true"}), IsEmpty());
}

TEST_F(ListTest, AllLabelsMustMatch) {
  const auto both = put_labelled(4, {{"tier", "web"}, {"stage", "test"}});
  const auto web = put_labelled(3, {{"tier", "web"}});
  const auto odd = put_labelled(2, {{"tier", "a=b"}, {"empty", ""}});
  const auto none = put(created_at(1));
  EXPECT_THAT(ids({"label=tier"}), ElementsAre(both, web, odd));
  EXPECT_THAT(ids({"label=tier=web"}), ElementsAre(both, web));
  EXPECT_THAT(ids({"label=tier=web", "label=stage"}), ElementsAre(both));
  EXPECT_THAT(ids({"label=tier=a=b"}), ElementsAre(odd));
  EXPECT_THAT(ids({"label=empty="}), ElementsAre(odd));
  EXPECT_THAT(ids({"label=tier="}), IsEmpty());
  EXPECT_THAT(ids({"label=we"}), IsEmpty());

  EXPECT_THAT(pruned_ids({"label!=tier=web"}), ElementsAre(odd, none));
  EXPECT_THAT(pruned_ids({"label!=tier"}), ElementsAre(none));
  EXPECT_THAT(pruned_ids({"label=tier", "label!=stage"}), ElementsAre(web, odd));
}

TEST_F(ListTest, BeforeAndSinceLookAtTheMomentOfCreation) {
  const auto one = put(created_at(1, {"one:1"}));
  const auto two = put(created_at(2, {"two:1"}));
  auto of_twin = created_at(2);
  of_twin.config.author = "twin";
  const auto twin = put(of_twin);
  const auto three = put(created_at(3, {"three"}));
  EXPECT_THAT(ids({"before=two:1"}), ElementsAre(one));
  EXPECT_THAT(ids({"since=two:1"}), ElementsAre(three));
  EXPECT_THAT(ids({"since=" + twin.short_id()}), ElementsAre(three));
  EXPECT_THAT(ids({"since=one:1", "before=three"}), testing::UnorderedElementsAre(two, twin));
  EXPECT_THAT(ids({"since=three"}), IsEmpty());
  for (const char* filter : {"before=four", "since=four"}) {
    const auto error = error_of([&] { ids({filter}); });
    ASSERT_TRUE(error.has_value()) << filter;
    EXPECT_EQ(error->code(), Code::not_found);
    EXPECT_EQ(error->message(), "No such image: four:latest");
  }
}

TEST_F(ListTest, UntilIsAMomentInThePast) {
  const auto old = put(created_at(1'000));
  const auto young = put(created_at(2'000, {"young:1"}));
  EXPECT_THAT(ids({"until=1500"}), ElementsAre(old));
  EXPECT_THAT(ids({"until=2000"}), ElementsAre(old));
  EXPECT_THAT(ids({"until=2001"}), ElementsAre(young, old));
  EXPECT_THAT(ids({"until=1970-01-01T00:20:00Z"}), ElementsAre(old));
  EXPECT_THAT(ids({"until=24h"}), ElementsAre(young, old));
  EXPECT_THAT(ids({"until=1500", "before=young:1"}), ElementsAre(old));
  EXPECT_THAT(pruned_ids({"until=1500"}), ElementsAre(old));
}

TEST_F(ListTest, OfSeveralReferencesOneMustMatch) {
  const auto a = put(created_at(3, {"app:1", "app:2", "reg.example/team/app:1"}));
  const auto b = put(created_at(2, {"base:1"}));
  put(created_at(1));
  const auto check = [&](const std::vector<std::string>& filters, const std::vector<std::string>& names) {
    std::vector<std::string> found;
    for (const auto& listed : list(filters)) {
      const auto each = names_of(listed);
      found.insert(found.end(), each.begin(), each.end());
    }
    EXPECT_EQ(found, names) << filters[0];
  };
  check({"reference=app"}, {"app:1", "app:2"});
  check({"reference=app:2"}, {"app:2"});
  check({"reference=*:1"}, {"app:1", "base:1"});
  check({"reference=*/*/app"}, {"reg.example/team/app:1"});
  check({"reference=*"}, {"app:1", "app:2", "base:1"});
  check({"reference=[ab]*e"}, {"base:1"});
  check({"reference=app:2", "reference=base"}, {"app:2", "base:1"});
  check({"reference=ap"}, {});
  EXPECT_THAT(ids({"reference=*:1"}), ElementsAre(a, b));
  EXPECT_THAT(ids({"reference=*:1", "since=base:1"}), ElementsAre(a));
  EXPECT_EQ(error_of([&] { ids({"reference=[a"}); })->code(), Code::invalid_argument);
}

TEST(ListFilters, AreRefusedInDockersWords) {
  const auto message = [](std::string_view text) {
    const auto error = error_of([&] { ListFilters().add_list_filter(text); });
    EXPECT_EQ(error ? error->code() : Code::internal, Code::invalid_argument) << text;
    return error ? error->message() : "";
  };
  EXPECT_EQ(message("colour=red"), "invalid filter 'colour'");
  EXPECT_EQ(message("label!=a"), "invalid filter 'label!'");
  EXPECT_EQ(message("=x"), "invalid filter ''");
  EXPECT_EQ(message("dangling"), "bad format of filter (expected name=value)");
  EXPECT_EQ(message("dangling=maybe"), "invalid filter 'dangling=[maybe]'");
  EXPECT_EQ(message("dangling="), "invalid filter 'dangling=[]'");
  for (const char* text : {"before=a", "since=a", "reference=a", "colour=red", "until=soon", "dangling=2"}) {
    EXPECT_EQ(error_of([&] { ListFilters().add_prune_filter(text); })->code(), Code::invalid_argument) << text;
  }
}

TEST(ParseMoment, TakesWhatDockerTakes) {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  EXPECT_EQ(parse_moment("1700000000"), (Timestamp{1'700'000'000, 0}));
  EXPECT_EQ(parse_moment("2023-11-14T22:13:20Z"), (Timestamp{1'700'000'000, 0}));
  EXPECT_EQ(parse_moment("2023-11-14T23:13:20+01:00"), (Timestamp{1'700'000'000, 0}));
  EXPECT_EQ(parse_moment("2023-11-14T22:13:20.5Z"), (Timestamp{1'700'000'000, 500'000'000}));
  EXPECT_EQ(parse_moment("2023-11-14T22:13:20"), (Timestamp{1'700'000'000, 0}));
  EXPECT_EQ(parse_moment("2023-11-14T22:13"), (Timestamp{1'699'999'980, 0}));
  EXPECT_EQ(parse_moment("2023-11-14"), (Timestamp{1'699'920'000, 0}));
  ::unsetenv("TZ");
  ::tzset();
}

TEST(ParseMoment, TakesSecondsWithAFraction) {
  EXPECT_EQ(parse_moment("1700000000.5"), (Timestamp{1'700'000'000, 500'000'000}));
  EXPECT_EQ(parse_moment("1700000000.000000001"), (Timestamp{1'700'000'000, 1}));
  EXPECT_EQ(parse_moment("1700000000.0000000019"), (Timestamp{1'700'000'000, 1}));
  EXPECT_EQ(parse_moment("0"), (Timestamp{0, 0}));
}

TEST(ParseMoment, TheTimeOfDayMayEndEarly) {
  EXPECT_EQ(parse_moment("2023-11-14T22Z"), (Timestamp{1'699'999'200, 0}));
  EXPECT_EQ(parse_moment("2023-11-14T22-05:00"), (Timestamp{1'700'017'200, 0}));
  EXPECT_EQ(parse_moment("2023-11-14T22:13Z"), (Timestamp{1'699'999'980, 0}));
  EXPECT_EQ(parse_moment("2023-11-14T22:13+01:00"), (Timestamp{1'699'996'380, 0}));
  EXPECT_EQ(parse_moment("2023-11-14Z"), (Timestamp{1'699'920'000, 0}));
  EXPECT_EQ(parse_moment("2023-11-14+01:00"), (Timestamp{1'699'916'400, 0}));
}

TEST(ParseMoment, WithoutAZoneIsInTheLocalOne) {
  ::setenv("TZ", "XXX-05:30", 1);  // POSIX counts west: five and a half hours ahead of UTC
  ::tzset();
  constexpr std::int64_t ahead = 19'800;
  EXPECT_EQ(parse_moment("2023-11-14T22:13:20"), (Timestamp{1'700'000'000 - ahead, 0}));
  EXPECT_EQ(parse_moment("2023-11-14T22:13:20.25"), (Timestamp{1'700'000'000 - ahead, 250'000'000}));
  EXPECT_EQ(parse_moment("2023-11-14T22:13"), (Timestamp{1'699'999'980 - ahead, 0}));
  EXPECT_EQ(parse_moment("2023-11-14T22"), (Timestamp{1'699'999'200 - ahead, 0}));
  EXPECT_EQ(parse_moment("2023-11-14"), (Timestamp{1'699'920'000 - ahead, 0}));
  EXPECT_EQ(parse_moment("2023-11-14T22:13:20Z"), (Timestamp{1'700'000'000, 0}));
  EXPECT_EQ(parse_moment("1700000000"), (Timestamp{1'700'000'000, 0}));
  ::unsetenv("TZ");
  ::tzset();
}

TEST(ParseMoment, ADurationIsBeforeNow) {
  const auto earliest = Timestamp::now().seconds - 5400;
  const auto moment = parse_moment("1h30m").seconds;
  EXPECT_GE(moment, earliest);
  EXPECT_LE(moment, Timestamp::now().seconds - 5400);
}

TEST(ParseMoment, RefusesTheRest) {
  for (const char* wrong : {"",
                            "yesterday",
                            "24x",
                            "2023-13-14",
                            "2023-11-14T25:00:00Z",
                            "2023-11",
                            "1700000000s1",
                            " 5",
                            "h",
                            "-5",
                            "5.",
                            ".5",
                            "1.2.3",
                            "5.x",
                            "2023-11-14T",
                            "2023-11-14T2",
                            "2023-11-14T22:1",
                            "2023-11-14T22.5",
                            "2023-11-14T22:13.5",
                            "2023-11-14 22:13:20",
                            "2023-11-14T22:13:20+1",
                            "99999999999999999999"}) {
    const auto error = error_of([&] { parse_moment(wrong); });
    ASSERT_TRUE(error.has_value()) << wrong;
    EXPECT_EQ(error->code(), Code::invalid_argument) << wrong;
  }
}

}  // namespace
}  // namespace nacre::image
