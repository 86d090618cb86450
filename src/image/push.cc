#include "image/push.h"

#include <fmt/format.h>

#include "base/error.h"
#include "image/full_disk.h"
#include "image/lookup.h"
#include "image/new_image.h"
#include "image/push_layers.h"
#include "oci/media_type.h"

namespace nacre::image {

namespace {

constexpr int max_nesting = 8;  // of indexes in indexes

using Kept = BlobPusher::PlainTars;

bool is_index_document(const std::string& text) {
  const oci::Json json = oci::parse_json(text);
  return json.is_object() && json.contains("manifests");
}

class Pusher {
 public:
  Pusher(store::Store& store, registry::Client& client, oci::Reference name, PushOptions options,
         PushObserver& observer, const CancelToken& cancel)
      : store_(store),
        name_(std::move(name)),
        options_(std::move(options)),
        observer_(observer),
        cancel_(cancel),
        lease_(store.lease()),
        repository_(client.repository(name_)),
        blobs_(store, lease_, repository_, name_, options_, observer, cancel) {}

  PushedImage run() {
    const Found found = found_image();
    if (!lease_.hold_image(found.image.id)) {
      throw Error(Code::not_found, fmt::format("image {} is not in the store any more", found.image.id.str()));
    }
    const oci::Digest& target = found.name->target;
    const std::string text = store_.read_blob(target);
    if (!is_index_document(text)) {
      return send_image(found.image, oci::Manifest::parse(text));
    }
    const auto index = oci::Index::parse(text);
    if (!options_.platform && is_whole(index, 1)) {
      send_index(index, name_);
      keep_digest(found.image, index.digest());
      return {index.digest(), index.raw().size()};
    }
    observer_.only_one_platform(found.image.platform);
    return send_image(found.image,
                      oci::Manifest::parse(store_.read_blob(found.image.manifest), found.image.manifest_media_type));
  }

 private:
  Found found_image() const {
    auto found = find(store_, name_.familiar(), options_.platform);
    if (!found || !found->name) {
      throw Error(Code::not_found,
                  fmt::format("An image does not exist locally with the tag: {}", name_.familiar_name()));
    }
    return std::move(*found);
  }

  // An index can be pushed when all that it lists is here.
  bool is_whole(const oci::Index& index, int depth) {
    if (depth > max_nesting) {
      return false;
    }
    for (const auto& child : index.manifests()) {
      if (!lease_.hold_blob(child.digest)) {
        return false;
      }
      const std::string text = store_.read_blob(child.digest);
      if (oci::media_type::is_index(child.media_type)) {
        if (!is_whole(oci::Index::parse(text, child.media_type), depth + 1)) {
          return false;
        }
        continue;
      }
      const auto manifest = oci::Manifest::parse(text, child.media_type);
      bool whole = lease_.hold_blob(manifest.config().digest);
      for (const auto& layer : manifest.layers()) {
        whole = whole && lease_.hold_blob(layer.digest);
      }
      if (!whole) {
        return false;
      }
    }
    return true;
  }

  // Children first: a registry refuses what refers to what it does not have.
  void send_index(const oci::Index& index, const oci::Reference& as) {
    for (const auto& child : index.manifests()) {
      const oci::Reference child_name = name_.without_tag_and_digest().with_digest(child.digest);
      const std::string text = store_.read_blob(child.digest);
      if (oci::media_type::is_index(child.media_type)) {
        send_index(oci::Index::parse(text, child.media_type), child_name);
        continue;
      }
      const auto manifest = oci::Manifest::parse(text, child.media_type);
      blobs_.send_layers(manifest, shown_ids(manifest), Kept::keep);
      blobs_.send_config(manifest.config());
      repository_.send_document(child_name, text, manifest.media_type(), cancel_);
    }
    repository_.send_document(as, index.raw(), index.media_type(), cancel_);
  }

  // What layers are shown as: their diff IDs, or, in what is no image, their digests.
  std::vector<oci::DiffId> shown_ids(const oci::Manifest& manifest) const {
    if (manifest.is_image()) {
      auto ids = oci::ImageConfig::parse(store_.read_blob(manifest.config().digest)).diff_ids();
      if (ids.size() == manifest.layers().size()) {
        return ids;
      }
    }
    std::vector<oci::DiffId> ids;
    for (const auto& layer : manifest.layers()) {
      ids.push_back({layer.digest});
    }
    return ids;
  }

  PushedImage send_image(const store::ImageRecord& image, const oci::Manifest& manifest) {
    const auto layers = blobs_.send_layers(manifest, shown_ids(manifest), Kept::compress);
    blobs_.send_config(manifest.config());
    // Now holds: the registry has every blob.
    if (layers == manifest.layers()) {
      repository_.send_document(name_, manifest.raw(), manifest.media_type(), cancel_);
      keep_digest(image, manifest.digest());
      return {manifest.digest(), manifest.raw().size()};
    }
    const auto config = oci::ImageConfig::parse(store_.read_blob(manifest.config().digest));
    const auto compressed = oci::Manifest::make(config_descriptor(config), layers);
    repository_.send_document(name_, compressed.raw(), compressed.media_type(), cancel_);
    keep_compressed(config, compressed);
    return {compressed.digest(), compressed.raw().size()};
  }

  // From now on the name stands for what was sent: the next push, and every save, has the same digests.
  void keep_compressed(const oci::ImageConfig& config, const oci::Manifest& manifest) {
    std::vector<store::LayerRecord> records;
    for (const auto& diff_id : config.diff_ids()) {
      records.push_back(store_.find_layer(diff_id).value());
    }
    const std::vector<oci::Reference> names{name_, by_digest(manifest.digest())};
    put_new_image(store_, lease_, config, manifest, records, names, nullptr, cancel_);
  }

  void keep_digest(const store::ImageRecord& image, const oci::Digest& target) {
    const oci::Reference name = by_digest(target);
    if (!store_.find_name(name)) {
      store_.tag(image.id, target, name);
    }
  }

  oci::Reference by_digest(const oci::Digest& digest) const {
    return name_.without_tag_and_digest().with_digest(digest);
  }

  store::Store& store_;
  const oci::Reference name_;
  const PushOptions options_;
  PushObserver& observer_;
  const CancelToken& cancel_;
  store::Lease lease_;
  registry::Repository repository_;
  BlobPusher blobs_;
};

}  // namespace

PushedImage push(store::Store& store, registry::Client& client, const oci::Reference& name, const PushOptions& options,
                 PushObserver& observer, const CancelToken& cancel) {
  return giving_back_when_full(
      store, [&] { return Pusher(store, client, name.with_default_tag(), options, observer, cancel).run(); });
}

}  // namespace nacre::image
