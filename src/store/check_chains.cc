#include <algorithm>

#include <fcntl.h>
#include <fmt/format.h>

#include "base/error.h"
#include "erofs/image_reader.h"
#include "store/check_context.h"
#include "store/compare_sink.h"
#include "store/compare_tree.h"
#include "store/container_table.h"
#include "store/index_builder.h"
#include "store/trash.h"

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

// Of the tree laid out as plain files, where there is one, by an index that was found sound.
std::optional<std::string> problem_of_root(CheckContext& context, const oci::ChainId& chain,
                                           const std::vector<oci::DiffId>& layers) {
  const fs::path path = context.layout.chain_root(chain);
  if (!path_exists(path)) {
    return std::nullopt;
  }
  try {
    const MappedFile index(open_file(context.layout.chain_index(chain), O_RDONLY));
    ChainFiles files(context.layout, layers);
    const Fd root = open_file(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    const auto difference =
        first_difference(erofs::read_image(index.bytes()), files, root, context.cancel, context.report.bytes_read);
    return difference ? std::optional("laid out files: " + *difference) : std::nullopt;
  } catch (const Error& error) {
    return fmt::format("laid out files cannot be verified: {}", error.message());
  }
}

// To the trash, unless a container has them mounted. Whoever starts one records it before it mounts.
bool discard_root(CheckContext& context, const oci::ChainId& chain) {
  bool used = false;
  context.while_nothing_changes([&](Database& database) {
    used = is_used_by_container(database, chain);
    if (!used) {
      move_to_trash(context.layout, context.layout.chain_root(chain));
    }
  });
  return !used;
}

void check_root(CheckContext& context, const oci::ChainId& chain, const std::vector<oci::DiffId>& layers) {
  const Object object{ObjectKind::chain, chain.digest};
  const Place looked_at = context.place_of(object);
  auto problem = problem_of_root(context, chain, layers);
  if (!problem || !context.is_damage(object, looked_at)) {
    return;
  }
  if (!context.repairs()) {
    context.add(describe(object), std::move(*problem));
  } else if (discard_root(context, chain)) {
    context.add_repaired(describe(object), std::move(*problem), "moved to trash; made again when next needed");
  } else {
    context.add_lost(describe(object), std::move(*problem), "left to a container that uses them; remove it first");
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
    const Place looked_at = context.place_of(object);
    auto problem = problem_of(context, chain, layers);
    if (!problem) {
      check_not_writable_by_others(context, describe(object), context.layout.chain_index(chain));
      check_root(context, chain, layers);
      continue;
    }
    if (!context.is_damage(object, looked_at)) {
      continue;
    }
    if (context.repairs()) {
      context.discard(object, looked_at);
      context.add_repaired(describe(object), std::move(*problem), "moved to trash; made again when next needed");
    } else {
      context.add(describe(object), std::move(*problem));
    }
  }
}

}  // namespace nacre::store
