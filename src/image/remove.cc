#include "image/remove.h"

#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "image/lookup.h"

namespace nacre::image {

namespace {

using Event = Removal::Event;

std::string short_container(const store::ContainerRecord& container) {
  return container.id.substr(0, 12);
}

// Containers of an image, by whether they run.
std::optional<store::ContainerRecord> container_of(const store::Store& store, const oci::Digest& image, bool running) {
  for (auto& container : store.containers()) {
    if (container.image == image && (container.state == "running") == running) {
      return std::move(container);
    }
  }
  return std::nullopt;
}

[[noreturn]] void throw_conflict(const oci::Digest& image, std::string_view force_hint, std::string_view why) {
  throw Error(Code::conflict,
              fmt::format("conflict: unable to delete {} ({}) - {}", image.short_id(), force_hint, why));
}

// More than one repository, or several tags of one: an ID alone does not say which name is meant.
bool is_single_reference(const std::vector<store::NameRecord>& names) {
  std::set<oci::Reference> repositories;
  std::size_t tags = 0;
  for (const auto& name : names) {
    repositories.insert(name.name.without_tag_and_digest());
    tags += name.name.tag() ? 1U : 0U;
  }
  return names.size() <= 1 || (repositories.size() == 1 && tags <= 1);
}

void require_removable(const store::Store& store, const oci::Digest& image, Force force) {
  for (const auto& other : store.images()) {
    if (other.parent == image) {
      throw_conflict(image, "cannot be forced", "image has dependent child images");
    }
  }
  if (const auto container = container_of(store, image, true)) {
    throw_conflict(image, "cannot be forced",
                   "image is being used by running container " + short_container(*container));
  }
  if (force == Force::yes) {
    return;
  }
  if (const auto container = container_of(store, image, false)) {
    throw_conflict(image, "must be forced", "image is being used by stopped container " + short_container(*container));
  }
}

void untag(store::Store& store, const oci::Reference& name, Removal& removal) {
  if (store.untag(name)) {
    removal.events.push_back({Event::Kind::untagged, name.familiar()});
  }
}

// The image with all its names, in one transaction; its files become garbage for finish().
void delete_image(store::Store& store, const store::ImageRecord& image, store::PruneUntagged prune, Removal& removal,
                  std::vector<store::ImageRecord>& deleted) {
  const auto names = store.names_of(image.id);
  const auto gone = store.remove_image(image.id, prune);
  for (const auto& name : names) {
    removal.events.push_back({Event::Kind::untagged, name.name.familiar()});
  }
  for (const auto& id : gone) {
    removal.events.push_back({Event::Kind::deleted, id.str()});
  }
  deleted.push_back(image);
}

// What another process took away meanwhile is as good as deleted.
void delete_if_there(store::Store& store, const store::ImageRecord& image, store::PruneUntagged prune, Removal& removal,
                     std::vector<store::ImageRecord>& deleted) {
  try {
    delete_image(store, image, prune, removal, deleted);
  } catch (const Error& error) {
    if (error.code() != Code::not_found) {
      throw;
    }
  }
}

// Moves the garbage to the trash, and reports the chains whose top layer went with it, as docker does.
void finish(store::Store& store, const std::vector<store::ImageRecord>& deleted, Removal& removal) {
  const auto collected = store.collect();
  const std::set<oci::DiffId> gone(collected.layers.begin(), collected.layers.end());
  std::set<oci::Digest> reported;
  for (const auto& image : deleted) {
    for (std::size_t depth = image.layers.size(); depth > 0; --depth) {
      const auto stack = std::span(image.layers).first(depth);
      const oci::ChainId chain = oci::chain_id(stack);
      if (gone.contains(stack.back()) && reported.insert(chain.digest).second) {
        removal.events.push_back({Event::Kind::deleted, chain.digest.str()});
      }
    }
  }
  removal.reclaimed += collected.bytes;
  store.empty_trash_in_background();
}

// Of the images behind a name, those that no name keeps once these are gone.
void keep_unreachable(const store::Store& store, const std::vector<store::NameRecord>& going,
                      std::vector<store::ImageRecord>& images) {
  std::set<oci::Digest> kept;
  for (const auto& name : store.names()) {
    if (std::any_of(going.begin(), going.end(), [&](const auto& gone) { return gone.name == name.name; })) {
      continue;
    }
    kept.insert(name.image);
    for (const auto& other : store.images_of_target(name.target)) {
      kept.insert(other.id);
    }
  }
  std::erase_if(images, [&](const auto& image) { return kept.contains(image.id) || !store.find_image(image.id); });
}

// What goes with a name: itself, and with a repository's last tag its digest names.
std::vector<store::NameRecord> names_to_untag(const store::NameRecord& name,
                                              const std::vector<store::NameRecord>& all) {
  const auto repository = name.name.without_tag_and_digest();
  const bool tag_left = std::any_of(all.begin(), all.end(), [&](const auto& other) {
    return other.name != name.name && other.name.tag() && other.name.without_tag_and_digest() == repository;
  });
  std::vector<store::NameRecord> going = {name};
  for (const auto& other : all) {
    const bool follows = name.name.tag() && !tag_left && other.name.without_tag_and_digest() == repository;
    if (follows && other.name != name.name) {
      going.push_back(other);
    }
  }
  return going;
}

void remove_by_name(store::Store& store, std::string_view text, const Found& found, Force force,
                    store::PruneUntagged prune, Removal& removal) {
  const auto names = store.names_of(found.image.id);
  if (force == Force::no && is_single_reference(names)) {
    for (const auto& container : store.containers()) {
      if (container.image == found.image.id) {
        throw Error(Code::conflict,
                    fmt::format("conflict: unable to remove repository reference \"{}\" (must force) - container {} is "
                                "using its referenced image {}",
                                text, short_container(container), found.image.id.short_id()));
      }
    }
  }
  const auto going = names_to_untag(*found.name, names);
  if (going.size() < names.size()) {
    for (const auto& name : going) {
      untag(store, name.name, removal);
    }
    return;
  }
  // The last name takes the image along, and the images of other platforms that stood behind it: all or none of them.
  std::vector<store::ImageRecord> others = store.images_of_target(found.name->target);
  std::erase_if(others, [&](const auto& image) { return image.id == found.image.id; });
  keep_unreachable(store, going, others);
  require_removable(store, found.image.id, force);
  for (const auto& image : others) {
    require_removable(store, image.id, force);
  }
  std::vector<store::ImageRecord> deleted;
  delete_image(store, found.image, prune, removal, deleted);
  for (const auto& image : others) {
    delete_if_there(store, image, prune, removal, deleted);
  }
  finish(store, deleted, removal);
}

void remove_by_id(store::Store& store, const Found& found, Force force, store::PruneUntagged prune, Removal& removal) {
  if (force == Force::no && !is_single_reference(store.names_of(found.image.id))) {
    throw_conflict(found.image.id, "must be forced", "image is referenced in multiple repositories");
  }
  require_removable(store, found.image.id, force);
  std::vector<store::ImageRecord> deleted;
  delete_image(store, found.image, prune, removal, deleted);
  finish(store, deleted, removal);
}

}  // namespace

Removal remove_image(store::Store& store, std::string_view text, Force force, store::PruneUntagged prune) {
  const Found found = get(store, text);
  Removal removal;
  if (found.name) {
    remove_by_name(store, text, found, force, prune, removal);
  } else {
    remove_by_id(store, found, force, prune, removal);
  }
  return removal;
}

Removal prune_images(store::Store& store, const ListFilters& filters, const CancelToken& cancel) {
  ListFilters wanted = filters;
  const bool all = filters.dangling == false;
  wanted.dangling = all ? std::nullopt : std::optional(true);
  std::set<oci::Digest> in_use;
  for (const auto& container : store.containers()) {
    in_use.insert(container.image);
  }
  Removal removal;
  std::vector<store::ImageRecord> deleted;
  for (const auto& listed : list_images(store, wanted, Intermediate::hide)) {
    cancel.check();
    if (in_use.contains(listed.image.id)) {
      continue;
    }
    // With its names, for --all: the images of other platforms behind them go too.
    std::vector<store::ImageRecord> others;
    for (const auto& name : listed.names) {
      auto behind = store.images_of_target(name.target);
      std::move(behind.begin(), behind.end(), std::back_inserter(others));
    }
    delete_if_there(store, listed.image, store::PruneUntagged::yes, removal, deleted);
    keep_unreachable(store, listed.names, others);
    for (const auto& image : others) {
      if (!in_use.contains(image.id)) {
        delete_if_there(store, image, store::PruneUntagged::yes, removal, deleted);
      }
    }
  }
  finish(store, deleted, removal);
  return removal;
}

}  // namespace nacre::image
