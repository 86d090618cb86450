// Finds the database of a store, or makes it. Internal to store/.
#pragma once

#include "store/database.h"
#include "store/layout.h"

namespace nacre::store {

// Opens what is there without writing; creates the store's directories and its schema, or migrates it, when it must.
// Errors as Store::open() has them.
Database open_database(const Layout& layout);

}  // namespace nacre::store
