#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "store/check_context.h"
#include "store/compare_sink.h"
#include "store/index_builder.h"

namespace nacre::store {

namespace {

std::optional<std::string> problem_of(CheckContext& context, const oci::ChainId& chain,
                                      const std::vector<oci::DiffId>& layers) {
  if (layers.empty() || oci::chain_id(layers) != chain) {
    return "its record names other layers";
  }
  for (const oci::DiffId& layer : layers) {
    const bool usable = context.store.find_layer(layer) && !context.damaged.contains({ObjectKind::layer, layer.digest});
    if (!usable) {
      return fmt::format("layer {} is missing or damaged", layer.digest.str());
    }
  }
  const fs::path index = context.layout.chain_index(chain);
  if (!path_exists(index)) {
    return "index is missing";
  }
  try {
    CompareSink compare(index);
    build_chain_index(context.layout, layers, context.cancel, compare);
    return compare.same() ? std::nullopt : std::optional<std::string>("index does not match its layers");
  } catch (const Error& error) {
    return fmt::format("index cannot be verified: {}", error.message());
  }
}

}  // namespace

void check_chains(CheckContext& context) {
  const auto digests = all_objects(*context.database.lock(), ObjectKind::chain);
  for (const oci::Digest& digest : digests) {
    const Object object{ObjectKind::chain, digest};
    context.begin(describe(object));
    const oci::ChainId chain{digest};
    const auto layers = layers_of_chain(*context.database.lock(), chain);
    ++context.report.chains;
    auto problem = problem_of(context, chain, layers);
    if (!problem) {
      check_not_writable_by_others(context, describe(object), context.layout.chain_index(chain));
      continue;
    }
    if (!context.is_damage(object)) {
      continue;
    }
    if (context.repairs()) {
      context.discard(object);
      context.add_repaired(describe(object), std::move(*problem), "moved to trash; made again when next needed");
    } else {
      context.add(describe(object), std::move(*problem));
    }
  }
}

}  // namespace nacre::store
