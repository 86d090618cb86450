#include "image/list.h"

#include <algorithm>
#include <charconv>
#include <ctime>
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
          add_reachable(other.id, name.name);
        }
      }
      add_reachable(name.image, name.name);
      names_[name.image].push_back(std::move(name));
    }
  }

  const std::vector<store::ImageRecord>& images() const { return images_; }
  bool is_reachable(const oci::Digest& image) const { return reachable_.contains(image); }
  bool is_tagged(const oci::Digest& image) const { return tagged_.contains(image); }
  bool has_children(const oci::Digest& image) const { return parents_.contains(image); }
  std::vector<store::NameRecord> names(const oci::Digest& image) const {
    const auto found = names_.find(image);
    return found == names_.end() ? std::vector<store::NameRecord>{} : found->second;
  }

 private:
  void add_reachable(const oci::Digest& image, const oci::Reference& name) {
    reachable_.insert(image);
    if (name.tag()) {
      tagged_.insert(image);
    }
  }

  std::vector<store::ImageRecord> images_;
  std::map<oci::Digest, std::vector<store::NameRecord>> names_;
  std::set<oci::Digest> reachable_;
  std::set<oci::Digest> tagged_;  // of these, those that a tag leads to
  std::set<oci::Digest> parents_;
};

// Docker's two halves do not add up to the whole: what has only digests is in both, an unnamed parent in none.
bool matches_dangling(const Catalog& catalog, const oci::Digest& image, bool dangling) {
  return dangling ? !catalog.is_tagged(image) && !catalog.has_children(image) : catalog.is_reachable(image);
}

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
  return std::ranges::all_of(filters.labels, [&](const auto& wish) { return has_label(labels, wish); }) &&
         std::ranges::none_of(filters.without_labels, [&](const auto& wish) { return has_label(labels, wish); });
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

constexpr std::int64_t second = 1'000'000'000;  // in nanoseconds

// In whole seconds, as docker counts.
Timestamp before_now(std::int64_t nanoseconds) {
  const Timestamp now = Timestamp::now();
  const std::int64_t fraction = std::int64_t{now.nanoseconds} - nanoseconds % second;
  const std::int64_t carry = fraction < 0 ? -1 : fraction / second;
  return {now.seconds - nanoseconds / second + carry, 0};
}

std::optional<std::int64_t> parse_digits(std::string_view text) {
  std::int64_t value = 0;
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  return digits && std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc()
             ? std::optional(value)
             : std::nullopt;
}

// "1700000000" or "1700000000.5": seconds since 1970; of the fraction the first nine digits count.
std::optional<Timestamp> parse_unix_time(std::string_view text) {
  const std::size_t point = text.find('.');
  const auto seconds = parse_digits(text.substr(0, point));
  if (!seconds || point == std::string_view::npos) {
    return seconds ? std::optional(Timestamp{*seconds, 0}) : std::nullopt;
  }
  std::string fraction(text.substr(point + 1));
  if (!parse_digits(fraction)) {
    return std::nullopt;
  }
  fraction.resize(9, '0');
  return Timestamp{*seconds, static_cast<std::uint32_t>(parse_digits(fraction).value())};
}

// What the local zone is ahead of UTC now: docker takes this for any moment, summer or winter.
std::int64_t local_offset() {
  const time_t now = Timestamp::now().seconds;
  tm date{};
  ::localtime_r(&now, &date);
  return date.tm_gmtoff;
}

// A date, the time of day down to the hour, the minute or a fraction of the second, and a zone: all but the date may be
// missing. A fraction needs the seconds.
std::optional<Timestamp> parse_date(std::string_view text) {
  constexpr std::size_t date_size = 10;  // 2006-01-02
  if (text.size() < date_size) {
    return std::nullopt;
  }
  std::string_view zone = text.substr(date_size);
  std::string clock = "00:00:00";
  if (zone.starts_with('T')) {
    const std::size_t end = std::min(zone.find_first_not_of("0123456789:.", 1), zone.size());
    clock = zone.substr(1, end - 1);
    zone.remove_prefix(end);
    if (clock.size() == 2) {
      clock += ":00:00";
    } else if (clock.size() == 5) {
      clock += ":00";
    }
  }
  const std::string_view date = text.substr(0, date_size);
  auto moment = Timestamp::parse(fmt::format("{}T{}{}", date, clock, zone.empty() ? "Z" : zone));
  if (moment && zone.empty()) {
    moment->seconds -= local_offset();
  }
  return moment;
}

void keep_matching(std::vector<store::NameRecord>& names, const std::vector<std::string>& patterns) {
  std::erase_if(names, [&](const store::NameRecord& name) {
    return std::ranges::none_of(patterns, [&](const auto& pattern) { return oci::familiar_match(pattern, name.name); });
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
  const auto ago = parse_duration(text);
  if (ago && text != "0") {
    return before_now(*ago);
  }
  if (const auto moment = parse_date(text)) {
    return *moment;
  }
  if (const auto moment = parse_unix_time(text)) {
    return *moment;
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
    if (filters.dangling && !matches_dangling(catalog, image.id, *filters.dangling)) {
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
