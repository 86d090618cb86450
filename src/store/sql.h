// The SQL files of this folder, built into the program.
#pragma once

#include <span>
#include <string_view>

namespace nacre::store {

// connection.sql: settings of every connection.
extern const std::string_view connection_sql;

// schema.sql and what changed it since: migrations[n] leads from version n to version n + 1.
extern const std::span<const std::string_view> migrations;

}  // namespace nacre::store
