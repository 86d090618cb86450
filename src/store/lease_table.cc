#include "store/lease_table.h"

namespace nacre::store {

void hold(Database& database, std::string_view lease, const Object& object) {
  Statement(database, "INSERT INTO lease_objects (lease, kind, digest) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
      .run(lease, name_of(object.kind), object.digest);
}

bool holds_anything(Database& database, std::string_view lease) {
  Statement statement(database, "SELECT 1 FROM lease_objects WHERE lease = ? LIMIT 1");
  return statement.bind(lease).step();
}

void release(Database& database, std::string_view lease) {
  Statement(database, "DELETE FROM lease_objects WHERE lease = ?").run(lease);
}

std::vector<std::string> leases_with_objects(Database& database) {
  std::vector<std::string> leases;
  Statement statement(database, "SELECT DISTINCT lease FROM lease_objects");
  while (statement.step()) {
    leases.emplace_back(statement.text(0));
  }
  return leases;
}

}  // namespace nacre::store
