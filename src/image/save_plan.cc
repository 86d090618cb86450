#include "image/save_plan.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "archive/file_reader.h"
#include "archive/tee.h"
#include "base/error.h"
#include "image/lookup.h"
#include "image/new_image.h"
#include "oci/media_type.h"

namespace nacre::image {

namespace {

constexpr int max_nesting = 8;  // of indexes in indexes

std::string blob_path(const oci::Digest& digest) {
  const std::string_view algorithm = std::string_view(digest.str()).substr(0, digest.str().find(':'));
  return fmt::format("blobs/{}/{}", algorithm, digest.hex());
}

[[noreturn]] void throw_gone(const oci::Digest& image) {
  throw Error(Code::not_found, fmt::format("image {} is not in the store any more", image.str()));
}

bool is_index_document(const std::string& text) {
  const oci::Json json = oci::parse_json(text);
  return json.is_object() && json.contains("manifests");
}

// manifest.json: one entry for each image, whatever it came in. Names are whole: docker takes both forms, but podman
// would make localhost/alpine of a bare alpine.
class DockerManifest {
 public:
  void add(const oci::Digest& image, std::string config, std::vector<std::string> layers,
           const std::vector<oci::Reference>& names) {
    auto entry = std::ranges::find(entries_, image, &Entry::image);
    if (entry == entries_.end()) {
      entry = entries_.insert(entry, {image, std::move(config), std::move(layers), {}});
    }
    for (const auto& name : names) {
      if (std::ranges::find(entry->tags, name.str()) == entry->tags.end()) {
        entry->tags.push_back(name.str());
      }
    }
  }

  std::string document() const {
    oci::OrderedJson list = oci::OrderedJson::array();
    for (const auto& entry : entries_) {
      list.push_back({{"Config", entry.config},
                      {"RepoTags", entry.tags.empty() ? oci::OrderedJson() : oci::OrderedJson(entry.tags)},
                      {"Layers", entry.layers}});
    }
    return oci::to_go_json(list) + "\n";
  }

 private:
  struct Entry {
    oci::Digest image;
    std::string config;
    std::vector<std::string> layers;
    std::vector<std::string> tags;
  };
  std::vector<Entry> entries_;
};

class OciPlanner {
 public:
  OciPlanner(store::Store& store, store::Lease& lease) : store_(store), lease_(lease) {}

  void add(const SaveItem& item) {
    const auto image = lease_.hold_image(item.image) ? store_.find_image(item.image) : std::nullopt;
    if (!image || !lease_.hold_blob(item.target)) {
      throw_gone(item.image);
    }
    with_context([&] { return "image " + item.image.str(); },
                 [&] {
                   const std::string text = store_.read_blob(item.target);
                   if (is_index_document(text)) {
                     add_index_item(item, oci::Index::parse(text));
                   } else {
                     add_manifest_item(
                         item,
                         oci::Manifest::parse(text, item.target == image->manifest ? image->manifest_media_type : ""));
                   }
                 });
  }

  OciPlan take() {
    plan_.blobs = std::move(documents_);
    plan_.blobs.insert(plan_.blobs.end(), layers_.begin(), layers_.end());
    plan_.docker_manifest = docker_.document();
    return std::move(plan_);
  }

 private:
  void add_manifest_item(const SaveItem& item, const oci::Manifest& manifest) {
    if (const auto missing = first_missing(manifest)) {
      throw Error(Code::corrupt,
                  fmt::format("blob {} is missing or not whole; run `nacre store check --repair`", missing->str()));
    }
    oci::Descriptor root = manifest.descriptor();
    root.platform = read_config(store_, item.image).platform();
    add_roots(item, root);
    add_manifest(manifest);
    add_docker_entry(item, manifest);
  }

  void add_index_item(const SaveItem& item, const oci::Index& index) {
    add_roots(item, {.media_type = index.media_type(), .digest = index.digest(), .size = index.raw().size()});
    std::optional<oci::Manifest> shown;
    add_index(item.image, index, 1, shown);
    if (!shown) {
      throw Error(Code::corrupt,
                  fmt::format("index {} does not list the image; run `nacre store check`", index.digest().str()));
    }
    add_docker_entry(item, *shown);
  }

  // One entry for each name: a layout has no other way to give an image two.
  void add_roots(const SaveItem& item, const oci::Descriptor& root) {
    if (item.names.empty()) {
      plan_.roots.push_back(root);
    }
    for (const auto& name : item.names) {
      plan_.roots.push_back(root);
      plan_.roots.back().annotations = {{"io.containerd.image.name", name.str()},
                                        {"org.opencontainers.image.ref.name", name.tag().value()}};
    }
  }

  // An index lists more than most stores have of it: what is not here, or not whole, is left out. `shown`: the manifest
  // that leads to `image`.
  void add_index(const oci::Digest& image, const oci::Index& index, int depth, std::optional<oci::Manifest>& shown) {
    if (depth > max_nesting) {
      throw Error(Code::corrupt, fmt::format("indexes are nested more than {} deep", max_nesting));
    }
    add_document(index.digest(), index.raw());
    for (const auto& child : index.manifests()) {
      const bool is_index = oci::media_type::is_index(child.media_type);
      if ((!is_index && !oci::media_type::is_manifest(child.media_type)) || !lease_.hold_blob(child.digest)) {
        continue;
      }
      const std::string text = store_.read_blob(child.digest);
      if (is_index) {
        add_index(image, oci::Index::parse(text, child.media_type), depth + 1, shown);
        continue;
      }
      auto manifest = oci::Manifest::parse(text, child.media_type);
      if (!first_missing(manifest)) {
        add_manifest(manifest);
        if (!shown && manifest.config().digest == image) {
          shown = std::move(manifest);
        }
      }
    }
  }

  // Takes hold of what a manifest lists, as far as it is here.
  std::optional<oci::Digest> first_missing(const oci::Manifest& manifest) {
    if (!lease_.hold_blob(manifest.config().digest)) {
      return manifest.config().digest;
    }
    for (const auto& layer : manifest.layers()) {
      if (!lease_.hold_blob(layer.digest)) {
        return layer.digest;
      }
    }
    return std::nullopt;
  }

  void add_manifest(const oci::Manifest& manifest) {
    add_document(manifest.digest(), manifest.raw());
    add_document(manifest.config().digest, store_.read_blob(manifest.config().digest));
    for (const auto& layer : manifest.layers()) {
      if (planned_.insert(layer.digest).second) {
        layers_.push_back({blob_path(layer.digest), store_.blob_size(layer.digest), layer.digest});
      }
    }
  }

  void add_document(const oci::Digest& digest, const std::string& text) {
    if (planned_.insert(digest).second) {
      documents_.push_back({blob_path(digest), text.size(), text});
    }
  }

  void add_docker_entry(const SaveItem& item, const oci::Manifest& manifest) {
    std::vector<std::string> layers;
    for (const auto& layer : manifest.layers()) {
      layers.push_back(blob_path(layer.digest));
    }
    docker_.add(item.image, blob_path(manifest.config().digest), std::move(layers), item.names);
  }

  store::Store& store_;
  store::Lease& lease_;
  std::set<oci::Digest> planned_;
  std::vector<PlannedFile> documents_, layers_;
  DockerManifest docker_;
  OciPlan plan_;
};

// The one document that docker older than 1.10 read; some tools still ask for it.
std::string repositories_document(std::span<const SaveItem> items, const store::Store& store) {
  std::map<std::string, std::map<std::string, std::string>> repositories;
  for (const auto& item : items) {
    const auto image = store.find_image(item.image);
    if (!image || image->layers.empty()) {
      continue;
    }
    for (const auto& name : item.names) {
      repositories[name.familiar_name()][name.tag().value()] = image->layers.back().digest.hex();
    }
  }
  return oci::to_go_json(oci::OrderedJson(repositories)) + "\n";
}

}  // namespace

OciPlan plan_oci(store::Store& store, store::Lease& lease, std::span<const SaveItem> items) {
  OciPlanner planner(store, lease);
  for (const auto& item : items) {
    planner.add(item);
  }
  return planner.take();
}

std::vector<PlannedFile> plan_docker_archive(store::Store& store, store::Lease& lease,
                                             std::span<const SaveItem> items) {
  DockerManifest docker;
  std::vector<PlannedFile> configs;
  std::vector<PlannedFile> layers;
  std::set<oci::Digest> planned;
  for (const auto& item : items) {
    if (!lease.hold_image(item.image)) {
      throw_gone(item.image);
    }
    const auto config = read_config(store, item.image);
    const std::string config_path = fmt::format("{}.json", item.image.hex());
    if (planned.insert(item.image).second) {
      configs.push_back({config_path, config.raw().size(), config.raw()});
    }
    std::vector<std::string> layer_paths;
    for (const auto& layer : config.diff_ids()) {
      layer_paths.push_back(fmt::format("{}/layer.tar", layer.digest.hex()));
      if (planned.insert(layer.digest).second) {
        layers.push_back({layer_paths.back(), store.blob_size(layer.digest), layer.digest});
      }
    }
    docker.add(item.image, config_path, std::move(layer_paths), item.names);
  }
  std::string manifest = docker.document();
  std::string repositories = repositories_document(items, store);
  std::vector<PlannedFile> files;
  files.push_back({"manifest.json", manifest.size(), std::move(manifest)});
  files.push_back({"repositories", repositories.size(), std::move(repositories)});
  std::ranges::move(configs, std::back_inserter(files));
  std::ranges::move(layers, std::back_inserter(files));
  return files;
}

void write_planned(store::Store& store, const PlannedFile& file, const std::function<void(Bytes)>& write,
                   const CancelToken& cancel) {
  if (const auto* text = std::get_if<std::string>(&file.content)) {
    write(as_bytes(*text));
    return;
  }
  const auto& digest = std::get<oci::Digest>(file.content);
  with_context([&] { return "layer " + digest.str(); },
               [&] {
                 const auto damaged = [](std::string_view how) {
                   return Error(Code::corrupt,
                                fmt::format("the stored bytes are damaged: {}; run `nacre store check --repair`", how));
                 };
                 const Fd blob = store.open_blob(digest);
                 if (file_size(blob) != file.size) {
                   throw damaged(fmt::format("{} of {} bytes are there", file_size(blob), file.size));
                 }
                 const auto source = archive::read_ahead_source(blob, cancel);
                 archive::AsyncHasher hasher(digest.algorithm());
                 archive::TeeSource tee(*source, hasher);
                 for (auto chunk = tee.next(); !chunk.empty(); chunk = tee.next()) {
                   write(chunk.bytes);
                 }
                 if (const auto actual = hasher.finish(); actual != digest) {
                   throw damaged("their digest is " + actual.str());
                 }
               });
}

}  // namespace nacre::image
