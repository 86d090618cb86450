// Images into a directory in the OCI layout. Source: OCI image-layout.md; how names move: as skopeo does it.
#include <algorithm>
#include <ranges>

#include <fcntl.h>
#include <fmt/format.h>

#include "archive/file_writer.h"
#include "base/error.h"
#include "base/temp.h"
#include "image/save.h"
#include "image/save_plan.h"
#include "oci/manifest.h"

namespace nacre::image {

namespace {

constexpr const char* full_name_key = "io.containerd.image.name";
constexpr const char* short_name_key = "org.opencontainers.image.ref.name";

std::string annotation(const oci::Descriptor& descriptor, const char* key) {
  const auto found = descriptor.annotations.find(key);
  return found == descriptor.annotations.end() ? std::string() : found->second;
}

// What an entry of index.json is known under: the whole name where the tool that wrote it knew one.
std::string entry_name(const oci::Descriptor& descriptor) {
  const std::string full = annotation(descriptor, full_name_key);
  return full.empty() ? annotation(descriptor, short_name_key) : full;
}

// Adds an entry: one of the same name loses it, and one of the same target that has no name is replaced.
void add_root(std::vector<oci::Descriptor>& roots, const oci::Descriptor& added) {
  const std::string name = entry_name(added);
  for (auto& root : roots) {
    if (!name.empty() && (entry_name(root) == name || entry_name(root) == annotation(added, short_name_key))) {
      root.annotations.erase(full_name_key);
      root.annotations.erase(short_name_key);
    }
  }
  std::erase_if(roots, [&](const auto& root) { return root.digest == added.digest && entry_name(root).empty(); });
  const bool is_there = std::ranges::any_of(roots, [&](const auto& root) { return root.digest == added.digest; });
  if (!name.empty() || !is_there) {
    roots.push_back(added);
  }
}

// The layout a directory has; nothing when it is empty. Throws Error (already_exists) when it is something else.
std::optional<oci::Index> read_layout(const fs::path& directory) {
  if (list_directory(directory).empty()) {
    return std::nullopt;
  }
  const fs::path marker = directory / "oci-layout";
  if (!exists(marker) || !exists(directory / "index.json")) {
    throw Error(Code::already_exists, "the directory is not empty and no OCI layout; choose another one");
  }
  const auto version =
      oci::optional_string(oci::parse_json(read_file(marker, oci::max_json_size)), "imageLayoutVersion").value_or("");
  if (!version.starts_with("1.")) {
    throw Error(Code::unsupported, fmt::format("an OCI layout of version '{}'", version));
  }
  return with_context("index.json",
                      [&] { return oci::Index::parse(read_file(directory / "index.json", oci::max_json_size)); });
}

// Files and directories that are taken away again unless the save succeeds.
class Additions {
 public:
  Additions() = default;
  Additions(const Additions&) = delete;
  Additions& operator=(const Additions&) = delete;
  ~Additions() {
    for (const fs::path& path : std::views::reverse(paths_)) {
      std::error_code ignored;  // a directory that somebody else put something in stays
      fs::remove(path, ignored);
    }
  }
  void add(fs::path path) { paths_.push_back(std::move(path)); }
  void keep() noexcept { paths_.clear(); }

 private:
  std::vector<fs::path> paths_;
};

void add_directory(const fs::path& directory, Additions& additions) {
  if (!exists(directory)) {
    make_directories(directory);
    additions.add(directory);
  }
}

class LayoutWriter {
 public:
  LayoutWriter(store::Store& store, const fs::path& directory, const SaveProgress& progress, const CancelToken& cancel)
      : store_(store), directory_(directory), progress_(progress), cancel_(cancel) {}

  void write(const OciPlan& plan, const std::optional<oci::Index>& present) {
    for (const auto& file : plan.blobs) {
      total_ += file.size;
    }
    for (const auto& file : plan.blobs) {
      write_blob(file);
    }
    if (!present) {
      additions_.add(directory_ / "oci-layout");
      write_file_atomically(directory_ / "oci-layout", oci_layout_file);
    }
    auto roots = present ? present->manifests() : std::vector<oci::Descriptor>{};
    for (const auto& root : plan.roots) {
      add_root(roots, root);
    }
    write_file_atomically(directory_ / "index.json", oci::Index::make(roots).raw());
    additions_.keep();
  }

 private:
  void write_blob(const PlannedFile& file) {
    cancel_.check();
    const fs::path path = directory_ / file.path;
    add_directory(directory_ / "blobs", additions_);
    add_directory(path.parent_path(), additions_);
    if (exists(path) && file_size(open_file(path, O_RDONLY)) == file.size) {  // under its digest: it is the same
      advance(file.size);
      return;
    }
    TempFile temporary(path.parent_path(), ".nacre-save-");
    archive::FileWriter writer(temporary.fd());
    write_planned(
        store_, file,
        [&](Bytes bytes) {
          writer.write(bytes);
          advance(bytes.size());
        },
        cancel_);
    writer.finish();
    temporary.commit(path);
    additions_.add(path);
  }

  void advance(std::uint64_t bytes) {
    done_ += bytes;
    if (progress_) {
      progress_(done_, total_);
    }
  }

  store::Store& store_;
  const fs::path& directory_;
  const SaveProgress& progress_;
  const CancelToken& cancel_;
  Additions additions_;
  std::uint64_t total_ = 0, done_ = 0;
};

}  // namespace

void save_to_directory(store::Store& store, std::span<const SaveItem> items, const fs::path& directory,
                       const SaveProgress& progress, const CancelToken& cancel) {
  with_context([&] { return fmt::format("save to '{}'", directory.native()); },
               [&] {
                 store::Lease lease = store.lease();
                 const OciPlan plan = plan_oci(store, lease, items);
                 if (exists(directory)) {
                   const auto present = read_layout(directory);
                   LayoutWriter(store, directory, progress, cancel).write(plan, present);
                   return;
                 }
                 const fs::path target = fs::absolute(directory / "").parent_path();
                 TempDir temporary(target.parent_path(), ".nacre-save-");
                 LayoutWriter(store, temporary.path(), progress, cancel).write(plan, std::nullopt);
                 rename_path(temporary.path(), target);
                 (void)temporary.release();
                 sync_directory(target.parent_path());
               });
}

}  // namespace nacre::image
