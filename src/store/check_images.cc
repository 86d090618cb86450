#include <fmt/format.h>

#include "base/error.h"
#include "oci/image_config.h"
#include "store/check_context.h"
#include "store/image_table.h"
#include "store/name_table.h"

namespace nacre::store {

namespace {

// The first thing an image lacks, if any.
std::optional<std::string> problem_of(CheckContext& context, const ImageRecord& image) {
  const auto blobs = blobs_of_image(*context.database.lock(), image.id);
  for (const oci::Digest& blob : blobs) {
    if (!context.store.has_blob(blob) || context.damaged.contains({ObjectKind::blob, blob})) {
      return fmt::format("blob {} is missing or damaged", blob.str());
    }
  }
  for (const oci::DiffId& layer : image.layers) {
    if (!context.store.find_layer(layer) || context.damaged.contains({ObjectKind::layer, layer.digest})) {
      return fmt::format("layer {} is missing or damaged", layer.digest.str());
    }
  }
  try {
    if (oci::ImageConfig::parse(context.store.read_blob(image.id)).diff_ids() != image.layers) {
      return "its record names other layers than its config";
    }
  } catch (const Error& error) {
    return fmt::format("config: {}", error.message());
  }
  return std::nullopt;
}

void check_name(CheckContext& context, const NameRecord& name) {
  const auto image = context.store.find_image(name.image);
  if (!image || leads_to(*context.database.lock(), name.target, name.image)) {
    return;
  }
  std::string object = fmt::format("name {}", name.name.familiar());
  std::string problem = fmt::format("{} does not lead to image {}", name.target.str(), name.image.str());
  if (context.repairs()) {
    context.store.tag(image->id, image->manifest, name.name);
    context.add_repaired(std::move(object), std::move(problem), fmt::format("leads to {} now", image->manifest.str()));
  } else {
    context.add(std::move(object), std::move(problem));
  }
}

}  // namespace

void check_images(CheckContext& context) {
  for (const ImageRecord& image : context.store.images()) {
    const std::string object = fmt::format("image {}", image.id.str());
    context.begin(object);
    ++context.report.images;
    const auto problem = problem_of(context, image);
    if (!problem) {
      continue;
    }
    if (const auto now = context.store.find_image(image.id); !now || now->loaded != image.loaded) {
      continue;  // removed, or loaded again, while we looked
    }
    if (context.repairs()) {
      context.add_lost(object, *problem, "cannot be rebuilt" + context.advice({ObjectKind::blob, image.id}));
    } else {
      context.add(object, *problem);
    }
  }
  for (const NameRecord& name : context.store.names()) {
    check_name(context, name);
  }
}

}  // namespace nacre::store
