// What the parts of a check share. Internal to store/.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "base/guarded.h"
#include "store/check.h"
#include "store/content_table.h"

namespace nacre::store {

// What stands at an object's place, if anything: which file or directory, and when its name or content last changed. A
// look at an object is worth something as long as this stays the same; else it was removed meanwhile, or made again.
struct Place {
  std::uint64_t inode = 0;  // 0: nothing is there
  std::int64_t changed_seconds = 0, changed_nanoseconds = 0;
  bool operator==(const Place&) const = default;
};

struct CheckContext {
  Store& store;
  const Layout& layout;
  Guarded<Database>& database;
  Repair repair;
  const CancelToken& cancel;
  const std::function<void(std::string_view)>& progress;

  CheckReport report;
  std::set<Object> unneeded;  // once the leases of dead processes are gone; empty when these are swept first
  std::set<Object> damaged;   // found wrong, and not repaired

  bool repairs() const noexcept { return repair == Repair::yes; }
  void begin(std::string_view object) const;  // honours cancellation, tells progress
  void add(std::string object, std::string problem);
  void add_repaired(std::string object, std::string problem, std::string outcome);
  void add_lost(std::string object, std::string problem, std::string outcome);

  // Runs body inside a write transaction that is rolled back, so that no other process is half-way through a change; in
  // a store that can only be read nobody can be.
  void while_nothing_changes(const std::function<void(Database&)>& body);
  Place place_of(const Object& object) const;
  // Whether a problem with an object is damage, given what was at its place before the look. It is not when the object
  // was removed or made again while we looked, or when a removal was killed between the files of something unneeded and
  // its row: that is a leftover, and counted here. So is the row of a chain that is not there at all: a power cut may
  // leave it even where an image needs the chain, and whoever needs it makes it again.
  bool is_damage(const Object& object, const Place& looked_at);
  // The digest of a file's bytes, read in a stream.
  oci::Digest digest_of_file(const fs::path& path, oci::DigestAlgorithm algorithm);
  // Moves an object that is beyond repair to the trash, with its row; not one that was made again since the look.
  void discard(const Object& object, const Place& looked_at);
  // "; load alpine:3.20 again", or "" when no image needs the object.
  std::string advice(const Object& object);
};

void check_database(CheckContext& context);   // check_database.cc
void check_leftovers(CheckContext& context);  // check_files.cc
void check_files(CheckContext& context);
void check_not_writable_by_others(CheckContext& context, const std::string& object, const fs::path& path);
void check_blobs(CheckContext& context);   // check_blobs.cc
void check_layers(CheckContext& context);  // check_layers.cc
void check_chains(CheckContext& context);  // check_chains.cc
void check_images(CheckContext& context);  // check_images.cc

}  // namespace nacre::store
