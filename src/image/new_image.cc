#include "image/new_image.h"

#include <algorithm>
#include <set>

#include <fcntl.h>
#include <fmt/format.h>

#include "base/error.h"
#include "erofs/image_reader.h"
#include "oci/media_type.h"
#include "store/layer_ingest.h"

namespace nacre::image {

void put_new_image(store::Store& store, store::Lease& lease, const oci::ImageConfig& config,
                   const oci::Manifest& manifest, const std::vector<store::LayerRecord>& layers,
                   std::span<const oci::Reference> names, const oci::Index* index, const CancelToken& cancel) {
  if (!store.find_image(config.digest())) {
    with_context([&] { return "image " + config.digest().str(); },
                 [&] { require_linked_files(store, lease, config.diff_ids(), cancel); });
  }
  lease.put_blob(as_bytes(config.raw()));
  lease.put_blob(as_bytes(manifest.raw()));
  if (index != nullptr) {
    lease.put_blob(as_bytes(index->raw()));
  }
  lease.put_image(image_record(config, manifest, layers), manifest, names, index);
}

store::ImageRecord image_record(const oci::ImageConfig& config, const oci::Manifest& manifest,
                                const std::vector<store::LayerRecord>& layers) {
  store::ImageRecord image{
      .id = config.digest(),
      .manifest = manifest.digest(),
      .manifest_media_type = manifest.media_type(),
      .created = config.created(),
      .loaded = Timestamp::now(),
      .size = 0,
      .platform = config.platform(),
      .labels_json = oci::Json(config.defaults().labels).dump(-1, ' ', false, oci::Json::error_handler_t::replace),
      .parent = std::nullopt,
      .layers = config.diff_ids(),
  };
  for (const auto& layer : layers) {
    image.size += layer.content_size;
  }
  return image;
}

void require_layer_count(const oci::ImageConfig& config, std::size_t layers) {
  if (config.diff_ids().size() != layers) {
    throw Error(Code::corrupt, fmt::format("image {}: the config lists {} diff IDs, the manifest {} layers",
                                           config.digest().str(), config.diff_ids().size(), layers));
  }
}

void require_linked_files(store::Store& store, store::Lease& lease, std::span<const oci::DiffId> layers,
                          const CancelToken& cancel) {
  const auto has_links_below = [&](const oci::DiffId& layer) {
    return with_context([&] { return "layer " + layer.digest.str(); },
                        [&] {
                          const MappedFile index(open_file(store.layout().layer_index(layer), O_RDONLY));
                          return erofs::read_image(index.bytes()).has_links_below();
                        });
  };
  // Such layers are rare: mostly a link and its file come together, and the stack need not be merged before it is used.
  const std::set<oci::DiffId> distinct(layers.begin(), layers.end());
  if (std::ranges::any_of(distinct, has_links_below)) {
    store::ensure_chain(store, lease, layers, cancel);
  }
}

oci::Descriptor plain_layer_descriptor(const store::LayerRecord& layer) {
  return {.media_type = std::string(oci::media_type::oci_layer),
          .digest = layer.diff_id.digest,
          .size = layer.tar_size,
          .urls = {},
          .annotations = {},
          .platform = {},
          .artifact_type = {}};
}

oci::Descriptor config_descriptor(const oci::ImageConfig& config) {
  return {.media_type = std::string(oci::media_type::oci_config),
          .digest = config.digest(),
          .size = config.raw().size(),
          .urls = {},
          .annotations = {},
          .platform = {},
          .artifact_type = {}};
}

}  // namespace nacre::image
