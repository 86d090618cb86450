#include <fmt/format.h>

#include "store/check_context.h"

namespace nacre::store {

void check_database(CheckContext& context) {
  context.begin("database");
  const std::string outcome =
      context.repairs() ? "cannot be repaired: restore nacre.db from a backup, or load the images into a new store"
                        : "";
  auto database = context.database.lock();
  Statement integrity(*database, "PRAGMA integrity_check");
  while (integrity.step()) {
    if (integrity.text(0) != "ok") {
      context.add_lost("database", std::string(integrity.text(0)), outcome);
    }
  }
  Statement references(*database, "PRAGMA foreign_key_check");
  while (references.step()) {
    context.add_lost(
        "database",
        fmt::format("a row of table {} refers to one of {} that is not there", references.text(0), references.text(2)),
        outcome);
  }
}

}  // namespace nacre::store
