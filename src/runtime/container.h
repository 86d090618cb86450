// One container on disk: its directory, its record, and the lock that says its owner lives.
#pragma once

#include <optional>
#include <string>

#include "base/file_lock.h"
#include "image/lookup.h"
#include "runtime/run_options.h"
#include "store/store.h"

namespace nacre::runtime {

// Where a container keeps what it has. Pure.
class ContainerPaths {
 public:
  ContainerPaths(const store::Layout& layout, std::string_view id) : directory_(layout.containers() / id) {}

  const fs::path& directory() const noexcept { return directory_; }  // also the runtime's bundle
  fs::path lock() const { return directory_ / "lock"; }              // held while the container runs
  fs::path removal_mark() const { return directory_ / "remove"; }    // there: whoever ends the container removes it
  fs::path image() const { return directory_ / "image"; }            // the image's tree, mounted read-only
  fs::path upper() const { return directory_ / "upper"; }
  fs::path work() const { return directory_ / "work"; }
  fs::path root() const { return directory_ / "root"; }  // the overlay
  fs::path volume(std::size_t number) const;             // of the container's own volumes
  fs::path mounted_image(std::size_t number) const;      // of --mount type=image
  fs::path spec() const { return directory_ / "config.json"; }

 private:
  fs::path directory_;
};

// A container of this process. Until exited() is called, destruction takes it away with everything it has: a container
// that never ran leaves nothing.
class Container {
 public:
  // Makes its directory, locked, and records it as running, which holds the image's layers from here on. Nothing is
  // synced but the record. Throws Error: conflict when the name is taken, not_found when the image went away.
  Container(store::Store& store, const image::Found& image, const RunOptions& options, std::string command);
  Container(const Container&) = delete;
  Container& operator=(const Container&) = delete;
  ~Container();

  const std::string& id() const noexcept { return id_; }
  std::string short_id() const { return id_.substr(0, 12); }
  const ContainerPaths& paths() const noexcept { return paths_; }

  // The process ended: the container is removed, or kept with its exit code, as asked for. Nothing may be mounted in
  // it.
  void exited(int exit_code);

 private:
  void make_locked_directory();
  void remove() noexcept;

  store::Store& store_;
  std::string id_;
  ContainerPaths paths_;
  AfterExit after_exit_;
  std::optional<FileLock> lock_;
};

// Takes a container away that nobody owns: its directory, then its record, so that one whose directory could not be
// removed is found again.
void remove_container_files(store::Store& store, const ContainerPaths& paths, std::string_view id);

}  // namespace nacre::runtime
