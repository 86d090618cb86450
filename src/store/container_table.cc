#include "store/container_table.h"

#include <fmt/format.h>

#include "base/error.h"

namespace nacre::store {

namespace {

ContainerRecord read_container(const Statement& row) {
  return {
      .id = std::string(row.text(0)),
      .name = std::string(row.text(1)),
      .image = row.digest(2),
      .image_name = std::string(row.text(3)),
      .command = std::string(row.text(4)),
      .created = row.timestamp(5),
      .state = std::string(row.text(7)),
      .exit_code = row.is_null(8) ? std::nullopt : std::optional(static_cast<int>(row.integer(8))),
  };
}

void refuse_taken_name(Database& database, const ContainerRecord& container) {
  Statement taken(database, "SELECT id FROM containers WHERE name = ?");
  if (taken.bind(container.name).step()) {
    throw Error(
        Code::conflict,
        fmt::format("Conflict. The container name \"/{}\" is already in use by container \"{}\". You have to remove "
                    "(or rename) that container to be able to reuse that name.",
                    container.name, taken.text(0)));
  }
}

}  // namespace

std::vector<ContainerRecord> all_containers(Database& database) {
  std::vector<ContainerRecord> containers;
  Statement rows(database,
                 "SELECT id, name, image, image_name, command, created_seconds, created_nanoseconds, state, exit_code "
                 "FROM containers ORDER BY created_seconds DESC, created_nanoseconds DESC, id");
  while (rows.step()) {
    containers.push_back(read_container(rows));
  }
  return containers;
}

void put_container_row(Database& database, const ContainerRecord& container) {
  refuse_taken_name(database, container);
  Statement insert(
      database,
      "INSERT INTO containers (id, name, image, image_name, command, created_seconds, created_nanoseconds, "
      "state, exit_code, chain_id) SELECT ?, ?, id, ?, ?, ?, ?, ?, ?, chain_id FROM images WHERE id = ?");
  const auto inserted =
      insert.run(container.id, container.name, container.image_name, container.command, container.created.seconds,
                 container.created.nanoseconds, container.state, container.exit_code, container.image);
  if (inserted == 0) {
    throw Error(Code::not_found,
                fmt::format("create container '{}': No such image: {}", container.name, container.image.str()));
  }
  Statement(database,
            "INSERT INTO container_layers (container, position, diff_id) "
            "SELECT ?, position, diff_id FROM image_layers WHERE image = ?")
      .run(container.id, container.image);
}

void set_container_state_row(Database& database, std::string_view id, std::string_view state,
                             std::optional<int> exit_code) {
  if (Statement(database, "UPDATE containers SET state = ?, exit_code = ? WHERE id = ?").run(state, exit_code, id) ==
      0) {
    throw Error(Code::not_found, fmt::format("No such container: {}", id));
  }
}

bool is_used_by_container(Database& database, const oci::ChainId& chain) {
  Statement statement(database, "SELECT 1 FROM containers WHERE chain_id = ? LIMIT 1");
  return statement.bind(chain.digest).step();
}

void delete_container_row(Database& database, std::string_view id) {
  Statement(database, "DELETE FROM containers WHERE id = ?").run(id);
}

}  // namespace nacre::store
