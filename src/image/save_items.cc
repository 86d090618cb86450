#include <algorithm>

#include "base/error.h"
#include "image/lookup.h"
#include "image/save.h"

namespace nacre::image {

namespace {

std::optional<oci::Reference> as_bare_repository(const std::string& text) {
  try {
    auto reference = oci::Reference::parse(text);
    return reference.tag() || reference.digest() ? std::nullopt : std::optional(std::move(reference));
  } catch (const Error&) {
    return std::nullopt;  // not a name; it may still be an ID
  }
}

class Items {
 public:
  Items(const store::Store& store, const std::optional<oci::Platform>& platform) : store_(store), platform_(platform) {}

  void add(const std::string& text) {
    if (const auto repository = as_bare_repository(text); repository && add_all_tags(*repository)) {
      return;
    }
    add_one(text);
  }

  std::vector<SaveItem> take() { return std::move(items_); }

 private:
  bool add_all_tags(const oci::Reference& repository) {
    bool any = false;
    for (const auto& name : store_.names()) {
      if (name.name.tag() && name.name.without_tag_and_digest() == repository) {
        add_one(name.name.str());
        any = true;
      }
    }
    return any;
  }

  void add_one(const std::string& text) {
    const Found found = get(store_, text, platform_);
    const bool with_index = found.name && !platform_;
    SaveItem& item = item_for(found.image.id, with_index ? found.name->target : found.image.manifest);
    // Docker leaves names with a digest out, too: an archive could not keep the promise they make.
    if (found.name && found.name->name.tag() && !text.contains('@') &&
        std::ranges::find(item.names, found.name->name) == item.names.end()) {
      item.names.push_back(found.name->name);
    }
  }

  SaveItem& item_for(const oci::Digest& image, const oci::Digest& target) {
    const auto known = std::ranges::find_if(
        items_, [&](const SaveItem& item) { return item.image == image && item.target == target; });
    return known != items_.end() ? *known : items_.emplace_back(image, target, std::vector<oci::Reference>{});
  }

  const store::Store& store_;
  const std::optional<oci::Platform>& platform_;
  std::vector<SaveItem> items_;
};

}  // namespace

std::vector<SaveItem> find_save_items(const store::Store& store, std::span<const std::string> arguments,
                                      const std::optional<oci::Platform>& platform) {
  Items items(store, platform);
  for (const auto& argument : arguments) {
    items.add(argument);
  }
  return items.take();
}

}  // namespace nacre::image
