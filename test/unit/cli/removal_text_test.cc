#include "cli/removal_text.h"

#include <gtest/gtest.h>

namespace nacre::cli {
namespace {

using Event = image::Removal::Event;

TEST(RemovalText, HasALineForEachEventInOrder) {
  const image::Removal removal{.events = {{Event::Kind::untagged, "app:1"},
                                          {Event::Kind::deleted, "sha256:0123"},
                                          {Event::Kind::untagged, "reg.example/app@sha256:4567"}},
                               .reclaimed = 5};
  EXPECT_EQ(removal_text(removal, EventCase::title),
            "Untagged: app:1\nDeleted: sha256:0123\nUntagged: reg.example/app@sha256:4567\n");
  EXPECT_EQ(removal_text(removal, EventCase::lower),
            "untagged: app:1\ndeleted: sha256:0123\nuntagged: reg.example/app@sha256:4567\n");
}

TEST(RemovalText, OfNothingIsNothing) {
  EXPECT_EQ(removal_text({}, EventCase::title), "");
}

}  // namespace
}  // namespace nacre::cli
