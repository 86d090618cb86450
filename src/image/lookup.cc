#include "image/lookup.h"

#include <algorithm>

#include <fcntl.h>
#include <fmt/format.h>

#include "base/error.h"
#include "erofs/image_reader.h"
#include "oci/shown.h"
#include "store/layer_ingest.h"
#include "tree/merge.h"

namespace nacre::image {

namespace {

bool is_hex(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::optional<oci::Reference> try_parse(std::string_view text) {
  try {
    return oci::Reference::parse(text);
  } catch (const Error&) {
    return std::nullopt;  // not a name; it may still be an ID
  }
}

// Docker refuses in these words, but not always says what.
oci::Reference parse_or_refuse(std::string_view text) {
  try {
    return oci::Reference::parse(text);
  } catch (const Error& error) {
    constexpr std::string_view nameless = "invalid reference format";
    if (error.message() != nameless) {
      throw;
    }
    throw Error(error.code(), fmt::format("{}: '{}'", nameless, oci::shown(text)));
  }
}

std::optional<store::NameRecord> find_name(const store::Store& store, const oci::Reference& reference) {
  if (!reference.digest()) {
    return store.find_name(reference.with_default_tag());
  }
  const oci::Reference repository = reference.without_tag_and_digest();
  if (auto exact = store.find_name(repository.with_digest(*reference.digest()))) {
    return exact;
  }
  // An archive brings tags, not digests: any tag of the repository that points there will do.
  for (auto& name : store.names()) {
    if (name.target == *reference.digest() && name.name.without_tag_and_digest() == repository) {
      return std::move(name);
    }
  }
  return std::nullopt;
}

std::optional<store::ImageRecord> find_by_id(const store::Store& store, std::string_view text) {
  if (text.starts_with("sha256:")) {
    text.remove_prefix(7);
  }
  if (!is_hex(text) || text.size() > 64) {
    return std::nullopt;
  }
  const auto matches = store.find_by_id_prefix(text);
  if (matches.size() > 1) {
    throw Error(Code::invalid_argument,
                fmt::format("image ID prefix '{}' is ambiguous: {} images begin with it; type more digits", text,
                            matches.size()));
  }
  return matches.empty() ? std::nullopt : store.find_image(matches.front());
}

// Of the images a name leads to, the one made for `platform`.
store::ImageRecord of_platform(const store::Store& store, const store::NameRecord& name,
                               const oci::Platform& platform) {
  std::optional<store::ImageRecord> best;
  int best_distance = 0;
  for (auto& candidate : store.images_of_target(name.target)) {
    const auto distance = oci::platform_distance(platform, candidate.platform);
    if (distance && (!best || *distance < best_distance)) {
      best = std::move(candidate);
      best_distance = *distance;
    }
  }
  if (!best) {
    throw Error(Code::not_found,
                fmt::format("image {}: no image of platform {} here", name.name.familiar(), platform.str()));
  }
  return std::move(*best);
}

}  // namespace

std::optional<Found> find(const store::Store& store, std::string_view text,
                          const std::optional<oci::Platform>& platform) {
  if (const auto reference = try_parse(text)) {
    if (auto name = find_name(store, *reference)) {
      if (platform) {
        return Found{of_platform(store, *name, *platform), std::move(name)};
      }
      if (auto image = store.find_image(name->image)) {
        return Found{std::move(*image), std::move(name)};
      }
    }
  }
  auto image = find_by_id(store, text);
  if (!image) {
    return std::nullopt;
  }
  if (platform && !oci::platform_distance(*platform, image->platform)) {
    throw Error(Code::not_found,
                fmt::format("image {}: made for {}, not for {}", text, image->platform.str(), platform->str()));
  }
  return Found{std::move(*image), std::nullopt};
}

Found get(const store::Store& store, std::string_view text, const std::optional<oci::Platform>& platform) {
  if (auto found = find(store, text, platform)) {
    return std::move(*found);
  }
  const bool is_whole_id = is_hex(text) && text.size() == 64;  // no name has this form
  const std::string shown =
      is_whole_id ? fmt::format("sha256:{}", text) : parse_or_refuse(text).with_default_tag().familiar();
  throw Error(Code::not_found, "No such image: " + shown);
}

oci::ImageConfig read_config(const store::Store& store, const oci::Digest& image) {
  return with_context([&] { return "config " + image.str(); },
                      [&] { return oci::ImageConfig::parse(store.read_blob(image)); });
}

tree::FileTree read_tree(store::Store& store, const store::ImageRecord& image, const CancelToken& cancel) {
  if (image.layers.empty()) {
    return tree::merge({});
  }
  store::Lease lease = store.lease();
  if (!lease.hold_image(image.id)) {
    throw Error(Code::not_found, "No such image: " + image.id.str());
  }
  const oci::ChainId chain = store::ensure_chain(store, lease, image.layers, cancel);
  const MappedFile index(open_file(store.layout().chain_index(chain), O_RDONLY));
  return erofs::read_image(index.bytes());
}

}  // namespace nacre::image
