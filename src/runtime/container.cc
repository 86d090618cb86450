#include "runtime/container.h"

#include <fcntl.h>
#include <fmt/format.h>

#include "base/error.h"
#include "base/random.h"
#include "runtime/container_names.h"

namespace nacre::runtime {

namespace {

// Records the container under the name asked for, or under one made up that is free.
void put_record(store::Store& store, store::ContainerRecord record, const std::string& wanted_name) {
  if (!wanted_name.empty()) {
    check_container_name(wanted_name);
    record.name = wanted_name;
    store.put_container(record);
    return;
  }
  constexpr int tries = 20;
  for (int i = 0;; ++i) {
    record.name = random_container_name();
    if (i > tries / 2) {
      record.name += fmt::format("_{}", record.id.substr(0, 12));
    }
    try {
      store.put_container(record);
      return;
    } catch (const Error& error) {
      if (error.code() != Code::conflict || i == tries) {
        throw;
      }
    }
  }
}

}  // namespace

fs::path ContainerPaths::volume(std::size_t number) const {
  return directory_ / "volumes" / fmt::format("{}", number);
}

fs::path ContainerPaths::mounted_image(std::size_t number) const {
  return directory_ / "images" / fmt::format("{}", number);
}

Container::Container(store::Store& store, const image::Found& image, const RunOptions& options, std::string command)
    : store_(store), id_(random_hex(32)), paths_(store.layout(), id_), after_exit_(options.after_exit) {
  try {
    // Lock before record, so that no other process finds the record of a container that seems dead. A crash in between
    // leaves a directory without a record, which reap_stale_containers() sweeps.
    make_locked_directory();
    if (after_exit_ == AfterExit::remove) {
      open_file(paths_.removal_mark(), O_WRONLY | O_CREAT);
    }
    put_record(
        store_,
        {id_, {}, image.image.id, options.image_name, std::move(command), Timestamp::now(), "running", std::nullopt},
        options.name);
  } catch (...) {
    remove();
    throw;
  }
}

// A sweep in another process may take the directory between its making and its locking; then it is made again.
void Container::make_locked_directory() {
  while (!lock_) {
    make_directories(paths_.directory(), 0710);
    try {
      lock_ = FileLock::try_acquire(paths_.lock(), LockMode::exclusive);
    } catch (const Error& error) {
      if (error.code() != Code::not_found) {
        throw;
      }
    }
  }
}

Container::~Container() {
  if (lock_) {
    remove();
  }
}

void Container::exited(int exit_code) {
  if (after_exit_ == AfterExit::keep) {
    store_.set_container_state(id_, "exited", exit_code);
  } else {
    remove_container_files(store_, paths_, id_);
  }
  lock_.reset();
}

void Container::remove() noexcept {
  try {
    remove_container_files(store_, paths_, id_);
  } catch (const std::exception&) {
    // Left for reap_stale_containers() of a later run.
  }
}

void remove_container_files(store::Store& store, const ContainerPaths& paths, std::string_view id) {
  remove_tree(paths.directory());
  store.remove_container(id);
}

}  // namespace nacre::runtime
