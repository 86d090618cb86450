#include "image/pull.h"

#include <algorithm>
#include <climits>

#include <fmt/format.h>

#include "base/error.h"
#include "image/full_disk.h"
#include "image/new_image.h"
#include "image/pull_layers.h"
#include "oci/media_type.h"
#include "oci/shown.h"

namespace nacre::image {

namespace {

constexpr int max_nesting = 8;            // of indexes in indexes
constexpr std::size_t max_layers = 1000;  // far beyond what any file system stacks; refused before the first is fetched
constexpr std::size_t max_platforms = 200;

// What a name leads to: one image, or an index and those of its images that are wanted.
struct Resolved {
  oci::Digest target;
  std::optional<oci::Index> index;
  std::vector<oci::Manifest> manifests;
};

class Resolver {
 public:
  Resolver(registry::Repository& repository, const PullOptions& options, const CancelToken& cancel)
      : repository_(repository),
        wanted_(options.platform.value_or(oci::Platform::host())),
        platforms_(options.platforms),
        cancel_(cancel) {}

  Resolved run(const oci::Reference& reference) {
    const auto document = repository_.document(reference, cancel_);
    Resolved resolved{document.digest, std::nullopt, {}};
    if (!is_index(document)) {
      resolved.manifests.push_back(image_manifest(document));
      return resolved;
    }
    resolved.index = oci::Index::parse(document.raw, document.media_type);
    std::vector<oci::Descriptor> images;
    collect(*resolved.index, 1, images);
    for (const auto& image : chosen(images)) {
      resolved.manifests.push_back(image_manifest(repository_.document(image, cancel_)));
    }
    return resolved;
  }

 private:
  static bool is_index(const registry::FetchedDocument& document) {
    if (oci::media_type::is_index(document.media_type) || oci::media_type::is_manifest(document.media_type)) {
      return oci::media_type::is_index(document.media_type);
    }
    // A server that does not know says "application/json".
    const oci::Json json = oci::parse_json(document.raw);
    return json.is_object() && json.contains("manifests");
  }

  static oci::Manifest image_manifest(const registry::FetchedDocument& document) {
    auto manifest = oci::Manifest::parse(document.raw, document.media_type);
    if (!manifest.is_image()) {
      throw Error(Code::unsupported, fmt::format("{} is no image but an artifact of type {}", document.digest.str(),
                                                 oci::shown(manifest.config().media_type)));
    }
    if (manifest.layers().size() > max_layers) {
      throw Error(Code::unsupported, fmt::format("{} has {} layers; more than {} are refused", document.digest.str(),
                                                 manifest.layers().size(), max_layers));
    }
    return manifest;
  }

  void collect(const oci::Index& index, int depth, std::vector<oci::Descriptor>& images) {
    if (depth > max_nesting) {
      throw Error(Code::corrupt,
                  fmt::format("index {}: indexes are nested more than {} deep", index.digest().str(), max_nesting));
    }
    for (const auto& each : index.manifests()) {
      if (oci::media_type::is_index(each.media_type)) {
        const auto document = repository_.document(each, cancel_);
        collect(oci::Index::parse(document.raw, document.media_type), depth + 1, images);
      } else if (!each.annotations.contains("vnd.docker.reference.type") && each.artifact_type.empty()) {
        images.push_back(each);
      }
      if (images.size() > max_platforms) {
        throw Error(Code::unsupported,
                    fmt::format("index {} lists more than {} images", index.digest().str(), max_platforms));
      }
    }
  }

  // The best for the wanted platform; or all of them, the best last, so that the name stands for it.
  std::vector<oci::Descriptor> chosen(std::vector<oci::Descriptor> images) const {
    const auto distance = [&](const oci::Descriptor& image) {
      return image.platform ? platform_distance(wanted_, *image.platform) : std::optional<int>();
    };
    const auto worse = [&](const oci::Descriptor& a, const oci::Descriptor& b) {
      return distance(a).value_or(INT_MAX) > distance(b).value_or(INT_MAX);
    };
    std::ranges::stable_sort(images, worse);
    if (platforms_ == Platforms::all && !images.empty()) {
      return images;
    }
    if (images.empty() || !distance(images.back())) {
      std::vector<std::string> offered;
      for (const auto& image : images) {
        offered.push_back(image.platform ? oci::shown(image.platform->str()) : "unknown");
      }
      throw Error(Code::not_found, fmt::format("no image for {} in it; there are {}", wanted_.str(),
                                               offered.empty() ? "none" : fmt::format("{}", fmt::join(offered, ", "))));
    }
    // Of several that fit as well the first counts.
    const int best = *distance(images.back());
    return {*std::ranges::find_if(images, [&](const oci::Descriptor& image) { return distance(image) == best; })};
  }

  registry::Repository& repository_;
  oci::Platform wanted_;
  Platforms platforms_;
  const CancelToken& cancel_;
};

std::string read_config(const store::Store& store, store::Lease& lease, registry::Repository& repository,
                        const oci::Descriptor& config, const CancelToken& cancel) {
  return lease.hold_blob(config.digest) ? store.read_blob(config.digest) : repository.read_blob(config, cancel);
}

}  // namespace

PulledImage pull(store::Store& store, registry::Client& client, const oci::Reference& reference,
                 const PullOptions& options, PullObserver& observer, const CancelToken& cancel) {
  const oci::Reference wanted = reference.with_default_tag();
  // Of a name with both, the digest is what counts, and what the image is known by afterwards.
  const oci::Reference name = wanted.digest() ? wanted.without_tag_and_digest().with_digest(*wanted.digest()) : wanted;
  return giving_back_when_full(store, [&] {
    registry::Repository repository = client.repository(name);
    const Resolved resolved = Resolver(repository, options, cancel).run(name);
    observer.resolved();
    // Now holds: every document on the way is here and verified; nothing is on disk yet.

    store::Lease lease = store.lease();
    const auto before = store.find_name(name);
    // As docker does: what came by a tag is known by its digest, too.
    std::vector<oci::Reference> names{name};
    if (!name.digest()) {
      names.push_back(name.without_tag_and_digest().with_digest(resolved.target));
    }
    std::optional<oci::Digest> id;
    for (const auto& manifest : resolved.manifests) {
      const auto config = oci::ImageConfig::parse(read_config(store, lease, repository, manifest.config(), cancel));
      require_layer_count(config, manifest.layers().size());
      const auto layers = LayerPuller(store, lease, repository, observer, cancel).bring(manifest, config);
      // Now holds: every layer is in the store, verified and held by the lease.
      put_new_image(store, lease, config, manifest, layers, names, resolved.index ? &*resolved.index : nullptr, cancel);
      id = config.digest();
    }
    // Now holds: the image is durable and has its name.
    const bool is_new = !before || before->target != resolved.target || before->image != *id;
    return PulledImage{resolved.target, id.value(), is_new, repository.rate_limit()};
  });
}

}  // namespace nacre::image
