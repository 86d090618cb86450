#include "runtime/reap.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/file_lock.h"
#include "runtime/container.h"

namespace nacre::runtime {

namespace {

constexpr int killed = 137;

// The lock of a container that nobody owns; nothing when it is owned, or its directory is gone.
std::optional<FileLock> take_over(const ContainerPaths& paths) {
  try {
    return FileLock::try_acquire(paths.lock(), LockMode::exclusive);
  } catch (const Error& error) {
    if (error.code() == Code::not_found) {
      return std::nullopt;
    }
    throw;
  }
}

bool still_running(const store::Store& store, std::string_view id) {
  const auto records = store.containers();
  return std::ranges::any_of(
      records, [&](const store::ContainerRecord& record) { return record.id == id && record.state == "running"; });
}

void reap_record(store::Store& store, const std::string& id, const OciRuntime& runtime, const HostCgroups& cgroups) {
  const ContainerPaths paths(store.layout(), id);
  if (!path_exists(paths.directory())) {  // its owner was about to remove the record too
    runtime.destroy(id, cgroups);
    store.remove_container(id);
    return;
  }
  const auto lock = take_over(paths);
  if (!lock || !still_running(store, id)) {  // the owner may have finished while we looked
    return;
  }
  runtime.destroy(id, cgroups);
  if (path_exists(paths.removal_mark())) {
    remove_container_files(store, paths, id);
  } else {
    store.set_container_state(id, "exited", killed);
  }
}

void sweep_directory(const store::Store& store, const std::string& id, const OciRuntime& runtime,
                     const HostCgroups& cgroups) {
  const ContainerPaths paths(store.layout(), id);
  const auto lock = take_over(paths);
  const auto records = store.containers();
  const bool recorded =
      std::ranges::any_of(records, [&](const store::ContainerRecord& record) { return record.id == id; });
  if (lock && !recorded) {
    runtime.destroy(id, cgroups);
    remove_tree(paths.directory());
  }
}

template <class Body>
void leave_failures(Body&& body) noexcept {
  try {
    body();
  } catch (const std::exception&) {
    // Somebody else's container must not fail this run; the next one tries again.
  }
}

}  // namespace

void reap_stale_containers(store::Store& store, const OciRuntime& runtime, const HostCgroups& cgroups) {
  std::set<std::string> known;
  for (const store::ContainerRecord& record : store.containers()) {
    known.insert(record.id);
    if (record.state == "running") {
      leave_failures([&] { reap_record(store, record.id, runtime, cgroups); });
    }
  }
  if (!path_exists(store.layout().containers())) {
    return;
  }
  for (const std::string& id : list_directory(store.layout().containers())) {
    if (!known.contains(id)) {
      leave_failures([&] { sweep_directory(store, id, runtime, cgroups); });
    }
  }
}

}  // namespace nacre::runtime
