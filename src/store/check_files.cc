#include <array>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/error.h"
#include "store/check_context.h"
#include "store/dead_leases.h"
#include "store/image_table.h"
#include "store/lease_table.h"
#include "store/orphans.h"
#include "store/trash.h"

namespace nacre::store {

namespace {

std::string file_name(const CheckContext& context, const fs::path& path) {
  return fmt::format("file {}", path.lexically_relative(context.layout.root()).native());
}

void report_stray(CheckContext& context, const fs::path& path) {
  if (context.repairs()) {
    move_to_trash(context.layout, path);
    context.add_repaired(file_name(context, path), "belongs to nothing in the store", "moved to trash");
  } else {
    context.add(file_name(context, path), "belongs to nothing in the store");
  }
}

// A directory of ours that is gone, or that others than its owner could change.
void check_directory(CheckContext& context, const fs::path& path) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0) {
    if (context.repairs()) {
      make_directories(path);
      context.add_repaired(file_name(context, path), "is missing", "made again");
    } else {
      context.add(file_name(context, path), "is missing");
    }
    return;
  }
  check_not_writable_by_others(context, file_name(context, path), path);
}

void check_directories(CheckContext& context) {
  const Layout& layout = context.layout;
  check_directory(context, layout.root());
  for (const fs::path& content : std::array{layout.blobs(), layout.layers(), layout.chains()}) {
    check_directory(context, content / "sha256");
    check_directory(context, content / "sha512");
  }
  for (const fs::path& work :
       std::array{layout.leases(), layout.ingest(), layout.containers(), layout.trash(), layout.locks()}) {
    check_directory(context, work);
  }
}

}  // namespace

void check_not_writable_by_others(CheckContext& context, const std::string& object, const fs::path& path) {
  constexpr mode_t writable_by_others = S_IWGRP | S_IWOTH;
  constexpr std::string_view problem = "can be written by others than its owner";
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0 || S_ISLNK(info.st_mode) || (info.st_mode & writable_by_others) == 0) {
    return;
  }
  if (context.repairs() && ::chmod(path.c_str(), info.st_mode & 07777 & ~writable_by_others) == 0) {
    context.add_repaired(object, std::string(problem), "closed to them");
  } else {
    context.add(object, std::string(problem));
  }
}

void check_leftovers(CheckContext& context) {
  context.begin("leftovers");
  if (context.database.lock()->is_read_only()) {
    return;
  }
  if (context.repairs()) {
    check_directories(context);
    context.report.leftovers = lock_dead_leases(*context.database.lock(), context.layout).size();
    context.store.collect();
    return;
  }
  if (!path_exists(context.layout.leases()) || !path_exists(context.layout.ingest())) {
    return;  // reported with the other directories
  }
  context.while_nothing_changes([&](Database& database) {
    for (const DeadLease& lease : lock_dead_leases(database, context.layout)) {
      ++context.report.leftovers;
      release(database, lease.id);  // for the question that follows; rolled back
    }
    delete_unneeded_indexes(database);
    const auto unneeded = unneeded_objects(database);
    context.unneeded.insert(unneeded.begin(), unneeded.end());
  });
}

void check_files(CheckContext& context) {
  context.begin("files");
  if (!context.repairs()) {
    check_directories(context);
  }
  context.while_nothing_changes([&](Database& database) {
    const bool process_died = context.report.leftovers != 0 && !context.repairs();
    const Orphans orphans = find_orphans(database, context.layout);
    for (const Object& object : orphans.objects) {
      if (process_died) {
        ++context.report.leftovers;
      } else {
        report_stray(context, path_of(context.layout, object));
      }
    }
    for (const fs::path& stray : orphans.strays) {
      report_stray(context, stray);
    }
  });
}

}  // namespace nacre::store
