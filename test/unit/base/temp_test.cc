#include "base/temp.h"

#include <gtest/gtest.h>

#include "test/unit/base/support.h"

namespace nacre {
namespace {

using testing::Scratch;

TEST(TempDir, VanishesUnlessReleased) {
  const Scratch scratch;
  fs::path kept;
  {
    const TempDir gone(scratch.path(), "gone-");
    testing::write_text(gone.path() / "file", "x");
    TempDir stays(scratch.path(), "kept-");
    kept = stays.release();
  }
  EXPECT_EQ(list_directory(scratch.path()), std::vector<std::string>{kept.filename()});
}

TEST(TempFile, AppearsWholeOrNotAtAll) {
  const Scratch scratch;
  {
    const TempFile dropped(scratch.path(), "tmp-");
    write_all(dropped.fd(), as_bytes("half"));
  }
  EXPECT_TRUE(list_directory(scratch.path()).empty());
  TempFile file(scratch.path(), "tmp-");
  write_all(file.fd(), as_bytes("whole"));
  file.commit(scratch / "target");
  EXPECT_EQ(list_directory(scratch.path()), std::vector<std::string>{"target"});
  EXPECT_EQ(read_file(scratch / "target", 10), "whole");
}

}  // namespace
}  // namespace nacre
