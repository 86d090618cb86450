#include "image/fetch_budget.h"

#include <vector>

#include <gtest/gtest.h>

namespace nacre::image {
namespace {

// How many permits there are: as many as can be had without waiting.
std::size_t allowed(FetchBudget& budget) {
  std::vector<FetchBudget::Permit> held;
  CancelToken cancel;
  cancel.request();  // so that acquire() gives up where it would wait
  try {
    while (true) {
      held.push_back(budget.acquire(cancel));
    }
  } catch (const Cancelled&) {
    return held.size();
  }
}

TEST(FetchBudget, BeginsWithAFew) {
  FetchBudget budget;
  EXPECT_EQ(allowed(budget), 6U);
  EXPECT_EQ(allowed(budget), 6U);  // they were given back
}

TEST(FetchBudget, GrowsByOneARound) {
  FetchBudget budget;
  for (int i = 0; i < 7; ++i) {
    budget.succeeded();
  }
  EXPECT_EQ(allowed(budget), 7U);
}

TEST(FetchBudget, HalvesWhenItIsTooMuchButNeverEnds) {
  FetchBudget budget;
  budget.failed();
  EXPECT_EQ(allowed(budget), 3U);
  for (int i = 0; i < 20; ++i) {
    budget.failed();
  }
  EXPECT_EQ(allowed(budget), 1U);
}

TEST(FetchBudget, GrowsNoFurtherThanAServerBears) {
  FetchBudget budget;
  for (int i = 0; i < 10'000; ++i) {
    budget.succeeded();
  }
  EXPECT_LE(allowed(budget), 16U);
  EXPECT_GE(allowed(budget), 6U);
}

TEST(FetchBudget, WhoWaitsLetsOthersGoFirst) {
  FetchBudget budget;
  for (int i = 0; i < 20; ++i) {
    budget.failed();
  }
  CancelToken cancel;
  FetchBudget::Permit first = budget.acquire(cancel);
  EXPECT_EQ(allowed(budget), 0U);
  first.release();
  EXPECT_EQ(allowed(budget), 1U);
  first.acquire(cancel);
  EXPECT_EQ(allowed(budget), 0U);
}

}  // namespace
}  // namespace nacre::image
