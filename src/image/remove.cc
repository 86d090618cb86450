#include "image/remove.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <ranges>
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

bool has_children(const store::Store& store, const oci::Digest& image) {
  const auto images = store.images();
  return std::ranges::any_of(images, [&](const auto& other) { return other.parent == image; });
}

// Why an image cannot go, forced or not; nothing when it can.
std::optional<std::string> hard_conflict(const store::Store& store, const oci::Digest& image) {
  if (has_children(store, image)) {
    return "image has dependent child images";
  }
  if (const auto container = container_of(store, image, true)) {
    return "image is being used by running container " + short_container(*container);
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

// For an image given by its ID. What cannot be forced is told first: nobody shall force in vain.
void require_removable(const store::Store& store, const oci::Digest& image, Force force) {
  if (const auto why = hard_conflict(store, image)) {
    throw_conflict(image, "cannot be forced", *why);
  }
  if (force == Force::yes) {
    return;
  }
  if (!is_single_reference(store.names_of(image))) {
    throw_conflict(image, "must be forced", "image is referenced in multiple repositories");
  }
  if (const auto container = container_of(store, image, false)) {
    throw_conflict(image, "must be forced", "image is being used by stopped container " + short_container(*container));
  }
}

// For an image given by its last name.
void require_unused(const store::Store& store, std::string_view text, const oci::Digest& image) {
  for (const auto& container : store.containers()) {
    if (container.image == image) {
      throw Error(Code::conflict,
                  fmt::format("conflict: unable to remove repository reference \"{}\" (must force) - container {} is "
                              "using its referenced image {}",
                              text, short_container(container), image.short_id()));
    }
  }
}

void untag(store::Store& store, const std::vector<store::NameRecord>& names, Removal& removal) {
  for (const auto& name : names) {
    if (store.untag(name.name)) {
      removal.events.push_back({Event::Kind::untagged, name.name.familiar()});
    }
  }
}

// An image and those it was built on, the nearest first.
std::vector<store::ImageRecord> with_ancestors(const store::Store& store, const store::ImageRecord& image) {
  std::vector<store::ImageRecord> line = {image};
  while (line.back().parent) {
    auto parent = store.find_image(*line.back().parent);
    const bool seen = parent && std::ranges::any_of(line, [&](const auto& each) { return each.id == parent->id; });
    if (!parent || seen) {
      break;
    }
    line.push_back(std::move(*parent));
  }
  return line;
}

// The image with all its names, in one transaction; its files become garbage for finish().
void delete_image(store::Store& store, const store::ImageRecord& image, store::PruneUntagged prune, Removal& removal,
                  std::vector<store::ImageRecord>& deleted) {
  const auto names = store.names_of(image.id);
  const auto line = with_ancestors(store, image);
  const auto gone = store.remove_image(image.id, prune);
  for (const auto& name : names) {
    removal.events.push_back({Event::Kind::untagged, name.name.familiar()});
  }
  for (const auto& id : gone) {
    removal.events.push_back({Event::Kind::deleted, id.str()});
  }
  std::ranges::copy_if(line, std::back_inserter(deleted),
                       [&](const auto& each) { return std::ranges::find(gone, each.id) != gone.end(); });
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

// For each image that went, by its ID, the chains that went with it, the longest first. A chain goes with the last
// image that has it.
std::map<std::string, std::vector<Event>> chains_gone(const std::vector<store::ImageRecord>& deleted,
                                                      const std::set<oci::DiffId>& layers_gone) {
  std::map<std::string, std::vector<Event>> chains;
  std::set<oci::Digest> reported;
  for (const auto& image : std::views::reverse(deleted)) {
    for (std::size_t depth = image.layers.size(); depth > 0; --depth) {
      const auto stack = std::span(image.layers).first(depth);
      const oci::ChainId chain = oci::chain_id(stack);
      if (layers_gone.contains(stack.back()) && reported.insert(chain.digest).second) {
        chains[image.id.str()].push_back({Event::Kind::deleted, chain.digest.str()});
      }
    }
  }
  return chains;
}

// Moves the garbage to the trash, and reports behind each image the chains whose top layer went, as docker does.
void finish(store::Store& store, const std::vector<store::ImageRecord>& deleted, Removal& removal) {
  const auto collected = store.collect();
  const auto chains = chains_gone(deleted, {collected.layers.begin(), collected.layers.end()});
  std::vector<Event> events;
  for (auto& event : removal.events) {
    const auto with_it = event.kind == Event::Kind::deleted ? chains.find(event.subject) : chains.end();
    events.push_back(std::move(event));
    if (with_it != chains.end()) {
      events.insert(events.end(), with_it->second.begin(), with_it->second.end());
    }
  }
  removal.events = std::move(events);
  removal.reclaimed += collected.bytes;
  store.empty_trash_in_background();
}

// Of the images behind a name, those that no name keeps once these are gone.
void keep_unreachable(const store::Store& store, const std::vector<store::NameRecord>& going,
                      std::vector<store::ImageRecord>& images) {
  std::set<oci::Digest> kept;
  for (const auto& name : store.names()) {
    if (std::ranges::any_of(going, [&](const auto& gone) { return gone.name == name.name; })) {
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
  const bool tag_left = std::ranges::any_of(all, [&](const auto& other) {
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
    require_unused(store, text, found.image.id);
  }
  const auto going = names_to_untag(*found.name, names);
  if (going.size() < names.size()) {
    untag(store, going, removal);
    return;
  }
  // The last name takes the image along, and the images of other platforms that stood behind it.
  std::vector<store::ImageRecord> others = store.images_of_target(found.name->target);
  std::erase_if(others, [&](const auto& image) { return image.id == found.image.id; });
  keep_unreachable(store, going, others);
  if (force == Force::no) {
    for (const auto& image : others) {
      require_unused(store, text, image.id);
    }
  }
  // The name goes in any case; an image that is needed stays without it.
  std::vector<store::ImageRecord> deleted;
  if (hard_conflict(store, found.image.id)) {
    untag(store, going, removal);
  } else {
    delete_image(store, found.image, prune, removal, deleted);
  }
  for (const auto& image : others) {
    if (!hard_conflict(store, image.id)) {
      delete_if_there(store, image, prune, removal, deleted);
    }
  }
  finish(store, deleted, removal);
}

void remove_by_id(store::Store& store, const Found& found, Force force, store::PruneUntagged prune, Removal& removal) {
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

namespace {

// Of one image that prune found to be unused: it goes with its names, or loses the names alone when another image was
// built on it.
class Pruner {
 public:
  Pruner(store::Store& store, Removal& removal) : store_(store), removal_(removal) {
    for (const auto& container : store.containers()) {
      in_use_.insert(container.image);
    }
    for (const auto& image : store.images()) {
      if (image.parent) {
        parents_.insert(*image.parent);
      }
    }
  }

  void take(const ListedImage& listed) {
    if (in_use_.contains(listed.image.id)) {
      return;
    }
    // With its names, the images of other platforms behind them go too.
    std::vector<store::ImageRecord> others;
    for (const auto& name : listed.names) {
      auto behind = store_.images_of_target(name.target);
      std::ranges::move(behind, std::back_inserter(others));
    }
    if (is_needed(listed.image.id)) {
      untag(store_, listed.names, removal_);
    } else {
      delete_if_there(store_, listed.image, store::PruneUntagged::yes, removal_, deleted_);
    }
    keep_unreachable(store_, listed.names, others);
    for (const auto& image : others) {
      if (!in_use_.contains(image.id) && !is_needed(image.id)) {
        delete_if_there(store_, image, store::PruneUntagged::yes, removal_, deleted_);
      }
    }
  }

  void finish() { image::finish(store_, deleted_, removal_); }

 private:
  // The children may have gone since the beginning.
  bool is_needed(const oci::Digest& image) const { return parents_.contains(image) && has_children(store_, image); }

  store::Store& store_;
  Removal& removal_;
  std::set<oci::Digest> in_use_;
  std::set<oci::Digest> parents_;
  std::vector<store::ImageRecord> deleted_;
};

}  // namespace

Removal prune_images(store::Store& store, const ListFilters& filters, const CancelToken& cancel) {
  ListFilters wanted = filters;
  const bool all = filters.dangling == false;
  wanted.dangling = all ? std::nullopt : std::optional(true);
  Removal removal;
  Pruner pruner(store, removal);
  for (const auto& listed : list_images(store, wanted, Intermediate::hide)) {
    cancel.check();
    pruner.take(listed);
  }
  pruner.finish();
  return removal;
}

}  // namespace nacre::image
