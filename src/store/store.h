// The store: blobs, layers, chains and images of one root, shared by any number of processes.
//
// Everything that is named here is whole and durable. Content enters through a Lease: first the bytes (synced, renamed
// into place), then the row, owned by the lease until an image refers to it or the lease ends. So a removal in another
// process never takes what a load is about to use, and a crash leaves at most unnamed files, which the next removal or
// `store check --repair` sweeps. Protocols: docs/design/durability.md.
//
// Store and Lease are thread-safe. A store that can only be read (a read-only file system, another user's) serves all
// that is const; the rest is an Error (permission_denied).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/file_lock.h"
#include "base/temp.h"
#include "oci/digest.h"
#include "oci/image_config.h"
#include "oci/manifest.h"
#include "oci/reference.h"
#include "store/layout.h"

namespace nacre::store {

struct LayerRecord {
  oci::DiffId diff_id;
  std::uint64_t tar_size = 0;      // bytes of the uncompressed tar
  std::uint64_t index_size = 0;    // bytes of its EROFS index
  std::uint64_t content_size = 0;  // bytes of its regular files: what docker calls a layer's size
  std::vector<oci::Digest> blobs;  // compressed forms that are kept; empty when the tar itself is the truth
};

// A name in the store: "docker.io/library/alpine:3.20" or "...@sha256:...". Each points at one manifest or index.
struct NameRecord {
  oci::Reference name;  // has a tag or a digest, never both
  oci::Digest target;   // of the manifest or index
  oci::Digest image;    // the image it stands for on this host
};

struct ImageRecord {
  oci::Digest id;        // of the config
  oci::Digest manifest;  // the newest manifest that leads to it
  std::string manifest_media_type;
  std::optional<Timestamp> created;
  Timestamp loaded;        // when it entered this store
  std::uint64_t size = 0;  // sum of its layers' content_size
  oci::Platform platform;
  std::string labels_json;            // the config's labels as a JSON object
  std::optional<oci::Digest> parent;  // the image it was built on here, if known
  std::vector<oci::DiffId> layers;    // bottom first
};

struct ContainerRecord {
  std::string id;  // 64 hex digits
  std::string name;
  oci::Digest image;
  std::string image_name;  // as the user typed it
  std::string command;     // as `ps` shows it
  Timestamp created;
  std::string state;  // "created", "running", "exited"
  std::optional<int> exit_code;
};

class Store;

// Keeps content alive while an operation works on it. It belongs to this process (a locked file in leases/); when the
// process ends in any way, so does the lease. Move-only; destruction releases. The Store must outlive it.
//
// What is put or adopted is visible to other processes at once, and survives a power cut from the put_image() on that
// refers to it. The caller has verified and synced the bytes of what it gives to adopt; nothing is lost when another
// process or thread was faster with the same digest: then theirs stays and ours vanishes.
class Lease {
 public:
  Lease(Lease&&) noexcept;
  ~Lease();

  // A directory below layout().ingest() for work in progress: made on first use, removed with the lease, or by somebody
  // else's next removal when this process dies.
  const fs::path& ingest_directory();

  // A blob from memory: manifests, configs. No-op when it is there.
  void put_blob(Bytes content);
  // A blob written to `file` (below ingest_directory()).
  void adopt_blob(TempFile file, const oci::Digest& digest, std::uint64_t size);
  // A layer: `directory` (below ingest_directory()) holds `tar` and `index`. layer.blobs: the compressed forms it came
  // from, already put or adopted.
  void adopt_layer(TempDir directory, const LayerRecord& layer);
  // The same for a merged index of a stack (`directory` holds `index`). A chain is a cache: it goes with the last image
  // or container that has exactly these layers.
  void adopt_chain(TempDir directory, const oci::ChainId& chain, std::span<const oci::DiffId> layers);

  // Takes hold of something that may already be here, whole; nothing when it is not.
  std::optional<LayerRecord> hold_layer(const oci::DiffId& layer);
  bool hold_blob(const oci::Digest& digest);  // or the layer it is the tar of
  bool hold_chain(const oci::ChainId& chain);
  // With its layers, chain, config and every manifest and blob it came with. The files are not looked at.
  bool hold_image(const oci::Digest& image);

  // Makes an image visible: its config, manifest, layers and blobs must be here (Error internal); durable on return.
  // With `names`, each is moved here from whatever it named before; `index` is the index the names point at, if they
  // came with one. An image that is here already keeps its time of loading and its older manifests. One transaction.
  void put_image(const ImageRecord& image, const oci::Manifest& manifest, std::span<const oci::Reference> names,
                 const oci::Index* index = nullptr);

 private:
  friend class Store;
  struct Impl;
  explicit Lease(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

enum class PruneUntagged { no, yes };

struct DiskUsage {  // bytes as the file system counts them (st_blocks * 512)
  std::uint64_t blobs = 0, tars = 0, indexes = 0, chains = 0, containers = 0, trash = 0, ingest = 0, database = 0;
};

class Store {
 public:
  // Opens the store below root, creating and migrating it as needed. Throws Error: permission_denied with what to do
  // ("run as root or choose another root with --root"), unsupported for a store of a newer nacre, corrupt when the
  // database is damaged, or gone from beside its blobs. A store that is there is not written to.
  static Store open(const fs::path& root);
  Store(Store&&) noexcept;
  ~Store();

  const Layout& layout() const noexcept;
  Lease lease();
  // Serialises the work of making one digest's content (fetching, inflating) between processes and threads: the second
  // one to come waits, then finds it done. Leases take none of these locks, so they can be used while one is held.
  FileLock lock_work(const oci::Digest& digest, const CancelToken& cancel = {});

  // Blobs. A layer blob that is an uncompressed tar is served from the layer.
  // has_blob(): as the database says. Only what a lease holds is sure to have its file, after a power cut, too.
  bool has_blob(const oci::Digest& digest) const;
  Fd open_blob(const oci::Digest& digest) const;  // throws Error (not_found)
  std::uint64_t blob_size(const oci::Digest& digest) const;
  // A manifest or config; re-verified against its digest (Error corrupt).
  std::string read_blob(const oci::Digest& digest, std::uint64_t max_size = 8 * 1024 * 1024) const;

  std::optional<LayerRecord> find_layer(const oci::DiffId& layer) const;
  bool has_chain(const oci::ChainId& chain) const;

  // Images.
  std::vector<ImageRecord> images() const;  // newest first (created, then loaded)
  std::vector<NameRecord> names() const;    // in the order of the names
  std::optional<ImageRecord> find_image(const oci::Digest& id) const;
  // By name (tag "latest" is not added here), and by prefix of the ID's hex digits.
  std::optional<NameRecord> find_name(const oci::Reference& name) const;
  std::vector<oci::Digest> find_by_id_prefix(std::string_view hex) const;
  std::vector<NameRecord> names_of(const oci::Digest& image) const;
  // Images that a name's target leads to: several when it is an index with several platforms here.
  std::vector<ImageRecord> images_of_target(const oci::Digest& target) const;
  // Every blob an image needs: its config, all manifests that lead to it, what these name, and the indexes that list
  // them. A layer may be among them that is no blob of its own, but served from its tar.
  std::vector<oci::Digest> blobs_of(const oci::Digest& image) const;

  // Points `name` at an image by way of one of its manifests, or an index that lists one; moves it when it was
  // elsewhere. Returns the image it named before. Throws Error: not_found without the image, invalid_argument when
  // target does not lead to it. Durable on return, as untag() and remove_image() are.
  std::optional<oci::Digest> tag(const oci::Digest& image, const oci::Digest& target, const oci::Reference& name);
  // Takes a name away; the image stays. Returns whether it was there.
  bool untag(const oci::Reference& name);
  // Takes an image away, with its names; content that nothing else needs becomes garbage for collect(). With `prune`,
  // so do parents that have no name, no children and no container. Returns what went, the image itself first. Whether
  // it may go is for the caller to decide: a container that uses it keeps its layers. Throws Error (not_found).
  std::vector<oci::Digest> remove_image(const oci::Digest& image, PruneUntagged prune);

  struct Collected {
    std::uint64_t bytes = 0;  // measured: what the file system gives back once the trash is empty
    std::vector<oci::DiffId> layers;
    std::vector<oci::Digest> blobs;
  };
  // Moves every unreferenced, unleased blob, layer and chain to the trash: O(1) each. Also ends the leases of dead
  // processes and sweeps what they left.
  Collected collect();
  // Unlinks the trash in a process of its own that outlives us; returns at once. Several at a time are harmless.
  void empty_trash_in_background() const;
  // The same, waiting for the end. Returns the bytes given back.
  std::uint64_t empty_trash() const;

  // Containers: what `runtime` records so that images in use are known. A container holds the layers of its image,
  // whatever happens to the image. Throws Error: conflict when the name is taken, not_found without the image.
  void put_container(const ContainerRecord& container);  // durable on return
  // Throws Error (not_found).
  void set_container_state(std::string_view id, std::string_view state, std::optional<int> exit_code);
  void remove_container(std::string_view id);       // one that is gone is fine
  std::vector<ContainerRecord> containers() const;  // newest first

  DiskUsage disk_usage() const;

 private:
  friend class Lease;
  friend class Checker;
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace nacre::store
