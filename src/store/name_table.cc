#include "store/name_table.h"

#include <fmt/format.h>

#include "base/error.h"

namespace nacre::store {

namespace {

NameRecord read_name(const Statement& row) {
  return with_context([&] { return fmt::format("read name '{}' in the store", row.text(0)); },
                      [&] { return NameRecord{oci::Reference::parse(row.text(0)), row.digest(1), row.digest(2)}; });
}

std::vector<NameRecord> read_names(Statement& statement) {
  std::vector<NameRecord> names;
  while (statement.step()) {
    names.push_back(read_name(statement));
  }
  return names;
}

}  // namespace

std::vector<NameRecord> all_names(Database& database) {
  Statement statement(database, "SELECT name, target, image FROM names ORDER BY name");
  return read_names(statement);
}

std::vector<NameRecord> names_of_image(Database& database, const oci::Digest& image) {
  Statement statement(database, "SELECT name, target, image FROM names WHERE image = ? ORDER BY name");
  return read_names(statement.bind(image));
}

std::optional<NameRecord> find_name(Database& database, const oci::Reference& name) {
  Statement statement(database, "SELECT name, target, image FROM names WHERE name = ?");
  return statement.bind(name.str()).step() ? std::optional(read_name(statement)) : std::nullopt;
}

void put_name(Database& database, const NameRecord& name) {
  if (name.name.tag().has_value() == name.name.digest().has_value()) {
    throw Error(Code::invalid_argument,
                fmt::format("name image '{}': a name in the store has either a tag or a digest", name.name.str()));
  }
  Statement(database,
            "INSERT INTO names (name, target, image) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET "
            "target = excluded.target, image = excluded.image")
      .run(name.name.str(), name.target, name.image);
}

bool delete_name(Database& database, const oci::Reference& name) {
  return Statement(database, "DELETE FROM names WHERE name = ?").run(name.str()) > 0;
}

}  // namespace nacre::store
