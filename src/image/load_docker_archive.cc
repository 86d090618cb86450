// docker-archive: `manifest.json` lists configs, tags and layers by path. Source: moby's image spec v1.2.
#include <fmt/format.h>

#include "base/error.h"
#include "image/load_context.h"
#include "image/new_image.h"
#include "image/platform_choice.h"
#include "image/stream_members.h"
#include "oci/media_type.h"

namespace nacre::image {

namespace {

struct Entry {
  std::string config;
  std::vector<oci::Reference> names;
  std::vector<std::string> layers;
};

std::vector<std::string> string_list(const oci::Json& object, std::string_view field) {
  std::vector<std::string> texts;
  if (const oci::Json* list = oci::optional_field(object, field)) {
    for (const auto& item : oci::as_array(*list, field)) {
      if (!item.is_string()) {
        throw Error(Code::corrupt, fmt::format("field '{}': expected strings", field));
      }
      texts.push_back(item.get<std::string>());
    }
  }
  return texts;
}

Entry parse_entry(const oci::Json& json) {
  oci::as_object(json, "entry");
  Entry entry{oci::string_field(json, "Config"), {}, string_list(json, "Layers")};
  for (const auto& tag : string_list(json, "RepoTags")) {
    entry.names.push_back(oci::Reference::parse(tag).with_default_tag());
  }
  return entry;
}

std::vector<Entry> parse_manifest(const std::string& text) {
  return with_context("manifest.json", [&] {
    std::vector<Entry> entries;
    const oci::Json json = oci::parse_json(text);
    for (const auto& item : oci::as_array(json, "document")) {
      entries.push_back(parse_entry(item));
    }
    if (entries.empty()) {
      throw Error(Code::corrupt, "no image is listed");
    }
    return entries;
  });
}

// The archive has no manifest of the registry's kind: one is made, that names the plain tars.
oci::Manifest make_manifest(const oci::ImageConfig& config, const std::vector<store::LayerRecord>& layers) {
  std::vector<oci::Descriptor> descriptors;
  for (const auto& layer : layers) {
    descriptors.push_back(plain_layer_descriptor(layer));
  }
  return oci::Manifest::make(config_descriptor(config), descriptors);
}

void load_entry(LoadContext& context, const Entry& entry, PlatformChoice& choice) {
  const oci::ImageConfig config = with_context(
      entry.config, [&] { return oci::ImageConfig::parse(context.members().document(archive_path(entry.config))); });
  require_layer_count(config, entry.layers.size());
  if (!choice.takes(config.platform())) {
    return;
  }
  std::vector<WantedLayer> wanted;
  for (std::size_t i = 0; i < entry.layers.size(); ++i) {
    wanted.push_back({archive_path(entry.layers[i]), config.diff_ids()[i], std::nullopt});
  }
  const auto layers = context.bring_layers(wanted);
  context.finish_image(config, make_manifest(config, layers), layers, entry.names, nullptr);
}

}  // namespace

void load_docker_archive(LoadContext& context) {
  const auto entries = parse_manifest(context.members().document("manifest.json"));
  PlatformChoice choice(context.options().platform);
  for (const auto& entry : entries) {
    load_entry(context, entry, choice);
  }
  choice.require_any();
}

}  // namespace nacre::image
