#include "image/list.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "image/lookup.h"

namespace nacre::image {

namespace {

bool parse_switch(std::string_view name, std::string_view value) {
  if (value == "true" || value == "1") {
    return true;
  }
  if (value == "false" || value == "0") {
    return false;
  }
  throw Error(Code::invalid_argument, fmt::format("invalid filter '{}=[{}]'", name, value));
}

// Names and images, joined once.
class Catalog {
 public:
  explicit Catalog(const store::Store& store) : images_(store.images()) {
    std::map<oci::Digest, const store::ImageRecord*> by_id;
    for (const auto& image : images_) {
      by_id.emplace(image.id, &image);
      if (image.parent) {
        parents_.insert(*image.parent);
      }
    }
    for (auto& name : store.names()) {
      const auto image = by_id.find(name.image);
      // A name of an index also leads to the images of its other platforms.
      if (image == by_id.end() || image->second->manifest != name.target) {
        for (const auto& other : store.images_of_target(name.target)) {
          reachable_.insert(other.id);
        }
      }
      reachable_.insert(name.image);
      names_[name.image].push_back(std::move(name));
    }
  }

  const std::vector<store::ImageRecord>& images() const { return images_; }
  bool is_reachable(const oci::Digest& image) const { return reachable_.contains(image); }
  bool has_children(const oci::Digest& image) const { return parents_.contains(image); }
  std::vector<store::NameRecord> names(const oci::Digest& image) const {
    const auto found = names_.find(image);
    return found == names_.end() ? std::vector<store::NameRecord>{} : found->second;
  }

 private:
  std::vector<store::ImageRecord> images_;
  std::map<oci::Digest, std::vector<store::NameRecord>> names_;
  std::set<oci::Digest> reachable_;
  std::set<oci::Digest> parents_;
};

bool has_label(const oci::Json& labels, std::string_view wish) {
  const auto [key, value] = wish.find('=') == std::string_view::npos
                                ? std::pair<std::string_view, std::string_view>{wish, ""}
                                : split_filter(wish);
  const auto found = labels.find(key);
  if (found == labels.end()) {
    return false;
  }
  return wish.find('=') == std::string_view::npos || (found->is_string() && found->get<std::string>() == value);
}

bool labels_match(const store::ImageRecord& image, const ListFilters& filters) {
  if (filters.labels.empty() && filters.without_labels.empty()) {
    return true;
  }
  const oci::Json labels = oci::parse_json(image.labels_json);
  return std::all_of(filters.labels.begin(), filters.labels.end(),
                     [&](const auto& wish) { return has_label(labels, wish); }) &&
         std::none_of(filters.without_labels.begin(), filters.without_labels.end(),
                      [&](const auto& wish) { return has_label(labels, wish); });
}

Timestamp created_of(const store::ImageRecord& image) {
  return image.created.value_or(Timestamp{});
}

// The moments between which an image must have been made.
struct Window {
  std::optional<Timestamp> after;
  std::optional<Timestamp> before;

  bool holds(Timestamp created) const { return (!after || created > *after) && (!before || created < *before); }
};

Window window_of(const store::Store& store, const ListFilters& filters) {
  Window window;
  if (filters.since) {
    window.after = created_of(get(store, *filters.since).image);
  }
  if (filters.before) {
    window.before = created_of(get(store, *filters.before).image);
  }
  if (filters.until && (!window.before || *filters.until < *window.before)) {
    window.before = filters.until;
  }
  return window;
}

void keep_matching(std::vector<store::NameRecord>& names, const std::vector<std::string>& patterns) {
  std::erase_if(names, [&](const store::NameRecord& name) {
    return std::none_of(patterns.begin(), patterns.end(),
                        [&](const auto& pattern) { return oci::familiar_match(pattern, name.name); });
  });
}

}  // namespace

std::pair<std::string_view, std::string_view> split_filter(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) {
    throw Error(Code::invalid_argument, "bad format of filter (expected name=value)");
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

Timestamp parse_moment(std::string_view text) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && end == text.data() + text.size()) {
    return {seconds, 0};
  }
  if (const auto moment = Timestamp::parse(text)) {
    return *moment;
  }
  for (const std::string_view rest : {"Z", ":00Z", "T00:00:00Z"}) {
    if (const auto moment = Timestamp::parse(std::string(text) + std::string(rest))) {
      return *moment;
    }
  }
  if (const auto ago = parse_duration(text)) {
    Timestamp moment = Timestamp::now();
    moment.seconds -= *ago / 1'000'000'000;
    return moment;
  }
  throw Error(Code::invalid_argument,
              fmt::format("invalid time '{}': give a duration (24h), a date (2024-01-31) or an RFC 3339 time", text));
}

void ListFilters::add_list_filter(std::string_view text) {
  const auto [name, value] = split_filter(text);
  if (name == "dangling") {
    dangling = parse_switch(name, value);
  } else if (name == "label") {
    labels.emplace_back(value);
  } else if (name == "before") {
    before = value;
  } else if (name == "since") {
    since = value;
  } else if (name == "reference") {
    references.emplace_back(value);
  } else if (name == "until") {
    until = parse_moment(value);
  } else {
    throw Error(Code::invalid_argument, fmt::format("invalid filter '{}'", name));
  }
}

void ListFilters::add_prune_filter(std::string_view text) {
  const auto [name, value] = split_filter(text);
  if (name == "dangling") {
    dangling = parse_switch(name, value);
  } else if (name == "label") {
    labels.emplace_back(value);
  } else if (name == "label!") {
    without_labels.emplace_back(value);
  } else if (name == "until") {
    until = parse_moment(value);
  } else {
    throw Error(Code::invalid_argument, fmt::format("invalid filter '{}'", name));
  }
}

std::vector<ListedImage> list_images(const store::Store& store, const ListFilters& filters, Intermediate intermediate) {
  const Catalog catalog(store);
  const Window window = window_of(store, filters);
  std::vector<ListedImage> listed;
  for (const auto& image : catalog.images()) {
    ListedImage entry{image, catalog.names(image.id), !catalog.is_reachable(image.id)};
    // The other platforms of an index stand behind its name, not in rows of their own.
    const bool behind_index = entry.names.empty() && !entry.dangling;
    const bool is_intermediate = entry.dangling && catalog.has_children(image.id);
    if ((behind_index || is_intermediate) && intermediate == Intermediate::hide) {
      continue;
    }
    if (filters.dangling && *filters.dangling != (entry.dangling && !is_intermediate)) {
      continue;
    }
    if (!window.holds(created_of(image)) || !labels_match(image, filters)) {
      continue;
    }
    if (!filters.references.empty()) {
      keep_matching(entry.names, filters.references);
      if (entry.names.empty()) {
        continue;
      }
    }
    listed.push_back(std::move(entry));
  }
  return listed;
}

}  // namespace nacre::image
