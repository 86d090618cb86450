// The OCI layout: index.json leads to manifests or indexes, these to blobs by digest. Source: OCI image-layout.md.
#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "image/load_context.h"
#include "image/new_image.h"
#include "image/platform_choice.h"
#include "oci/media_type.h"

namespace nacre::image {

namespace {

constexpr int max_nesting = 8;  // of indexes in indexes

std::string blob_path(const oci::Digest& digest) {
  const std::string_view algorithm = std::string_view(digest.str()).substr(0, digest.str().find(':'));
  return fmt::format("blobs/{}/{}", algorithm, digest.hex());
}

std::string verified_document(Members& members, const oci::Digest& digest) {
  std::string text = members.document(blob_path(digest));
  const oci::Digest actual = oci::Digest::of(text);
  if (digest.algorithm() == oci::DigestAlgorithm::sha256 && actual != digest) {
    throw Error(Code::corrupt, fmt::format("blob {}: the bytes are {}", digest.str(), actual.str()));
  }
  return text;
}

std::optional<oci::Reference> parse_name(const std::string& text) {
  try {
    return oci::Reference::parse(text).with_default_tag();
  } catch (const Error&) {
    return std::nullopt;
  }
}

// Containerd and docker write the whole name beside the tag; skopeo and podman write either into ref.name. A bare word
// there may as well be a tag without its repository: no name can be made of it.
std::optional<oci::Reference> name_of(const oci::Descriptor& descriptor) {
  if (const auto full = descriptor.annotations.find("io.containerd.image.name"); full != descriptor.annotations.end()) {
    return parse_name(full->second);
  }
  const auto name = descriptor.annotations.find("org.opencontainers.image.ref.name");
  if (name == descriptor.annotations.end() || name->second.find_first_of(":/") == std::string::npos) {
    return std::nullopt;
  }
  return parse_name(name->second);
}

// A manifest that index.json leads to, and the index on the way, if there was one.
struct Target {
  oci::Descriptor descriptor;
  std::optional<oci::Index> index;
  std::vector<oci::Reference> names;
};

bool is_attestation(const oci::Descriptor& descriptor) {
  return descriptor.annotations.contains("vnd.docker.reference.type");
}

void collect_manifests(Members& members, const oci::Index& index, int depth, std::vector<oci::Descriptor>& found) {
  if (depth > max_nesting) {
    throw Error(Code::corrupt,
                fmt::format("index {}: indexes are nested more than {} deep", index.digest().str(), max_nesting));
  }
  for (const auto& descriptor : index.manifests()) {
    if (oci::media_type::is_index(descriptor.media_type)) {
      if (members.has(blob_path(descriptor.digest))) {
        collect_manifests(members, oci::Index::parse(verified_document(members, descriptor.digest)), depth + 1, found);
      }
    } else if (oci::media_type::is_manifest(descriptor.media_type) && !is_attestation(descriptor)) {
      found.push_back(descriptor);
    }
  }
}

std::vector<Target> collect_targets(Members& members, const oci::Index& top) {
  std::vector<Target> targets;
  const auto same_target = [](const oci::Descriptor& descriptor) {
    return [&](const Target& target) {
      return (target.index ? target.index->digest() : target.descriptor.digest) == descriptor.digest;
    };
  };
  for (const auto& descriptor : top.manifests()) {
    const auto name = name_of(descriptor);
    // An image with several tags stands there once for each.
    const auto known = std::ranges::find_if(targets, same_target(descriptor));
    if (known != targets.end()) {
      if (name) {
        known->names.push_back(*name);
      }
      continue;
    }
    Target target{descriptor, std::nullopt, {}};
    if (name) {
      target.names.push_back(*name);
    }
    if (oci::media_type::is_index(descriptor.media_type)) {
      target.index = oci::Index::parse(verified_document(members, descriptor.digest), descriptor.media_type);
    }
    targets.push_back(std::move(target));
  }
  return targets;
}

// One image, if it is of the platform asked for. Returns false when it is no image at all (an artifact).
bool load_manifest(LoadContext& context, const oci::Descriptor& descriptor, const std::vector<oci::Reference>& names,
                   const oci::Index* index, PlatformChoice& choice) {
  const auto manifest =
      oci::Manifest::parse(verified_document(context.members(), descriptor.digest), descriptor.media_type);
  if (!manifest.is_image()) {
    return false;
  }
  const auto config = oci::ImageConfig::parse(verified_document(context.members(), manifest.config().digest));
  if (!choice.takes(config.platform())) {
    return true;
  }
  require_layer_count(config, manifest.layers().size());
  std::vector<WantedLayer> wanted;
  for (std::size_t i = 0; i < manifest.layers().size(); ++i) {
    const auto& layer = manifest.layers()[i];
    wanted.push_back({blob_path(layer.digest), config.diff_ids()[i], layer.digest});
  }
  const auto layers = context.bring_layers(wanted);
  context.finish_image(config, manifest, layers, names, index);
  return true;
}

// Every platform of an index that the archive really holds, the host's last: names then stand for that one.
void load_index(LoadContext& context, const Target& target, PlatformChoice& choice) {
  std::vector<oci::Descriptor> manifests;
  collect_manifests(context.members(), *target.index, 1, manifests);
  std::erase_if(manifests, [&](const auto& each) { return !context.members().has(blob_path(each.digest)); });
  const auto host = oci::Platform::host();
  std::ranges::stable_partition(
      manifests, [&](const auto& each) { return !each.platform || !oci::platform_distance(host, *each.platform); });
  bool any = false;
  for (const auto& manifest : manifests) {
    any = load_manifest(context, manifest, target.names, &*target.index, choice) || any;
  }
  if (!any) {
    throw Error(Code::not_found,
                fmt::format("index {}: the archive holds none of its images", target.index->digest().str()));
  }
}

}  // namespace

void load_oci_layout(LoadContext& context) {
  const auto top =
      with_context("index.json", [&] { return oci::Index::parse(context.members().document("index.json")); });
  const auto targets = collect_targets(context.members(), top);
  if (targets.empty()) {
    throw Error(Code::corrupt, "index.json: no image is listed");
  }
  PlatformChoice choice(context.options().platform);
  for (const auto& target : targets) {
    if (target.index) {
      load_index(context, target, choice);
    } else {
      load_manifest(context, target.descriptor, target.names, nullptr, choice);
    }
  }
  choice.require_any();
}

}  // namespace nacre::image
