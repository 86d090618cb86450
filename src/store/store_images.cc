#include <fmt/format.h>

#include "base/error.h"
#include "store/image_table.h"
#include "store/name_table.h"
#include "store/store_impl.h"

namespace nacre::store {

std::vector<ImageRecord> Store::images() const {
  return all_images(*impl_->database.lock());
}

std::vector<NameRecord> Store::names() const {
  return all_names(*impl_->database.lock());
}

std::optional<ImageRecord> Store::find_image(const oci::Digest& id) const {
  auto database = impl_->database.lock();
  const Snapshot snapshot(*database);
  return store::find_image(*database, id);
}

std::optional<NameRecord> Store::find_name(const oci::Reference& name) const {
  return store::find_name(*impl_->database.lock(), name);
}

std::vector<oci::Digest> Store::find_by_id_prefix(std::string_view hex) const {
  return images_with_prefix(*impl_->database.lock(), hex);
}

std::vector<NameRecord> Store::names_of(const oci::Digest& image) const {
  return names_of_image(*impl_->database.lock(), image);
}

std::vector<ImageRecord> Store::images_of_target(const oci::Digest& target) const {
  auto database = impl_->database.lock();
  const Snapshot snapshot(*database);
  std::vector<ImageRecord> images;
  for (const oci::Digest& id : store::images_of_target(*database, target)) {
    if (auto image = store::find_image(*database, id)) {
      images.push_back(std::move(*image));
    }
  }
  return images;
}

std::vector<oci::Digest> Store::blobs_of(const oci::Digest& image) const {
  return blobs_of_image(*impl_->database.lock(), image);
}

std::optional<oci::Digest> Store::tag(const oci::Digest& image, const oci::Digest& target, const oci::Reference& name) {
  auto database = impl_->database.lock();
  Transaction transaction(*database, Commit::durable);
  if (!has_image(*database, image)) {
    throw Error(Code::not_found, fmt::format("No such image: {}", image.str()));
  }
  if (!leads_to(*database, target, image)) {
    throw Error(Code::invalid_argument, fmt::format("tag {}: {} is no manifest or index of image {}", name.familiar(),
                                                    target.str(), image.str()));
  }
  const auto before = store::find_name(*database, name);
  put_name(*database, {name, target, image});
  transaction.commit();
  return before ? std::optional(before->image) : std::nullopt;
}

bool Store::untag(const oci::Reference& name) {
  auto database = impl_->database.lock();
  Transaction transaction(*database, Commit::durable);
  const bool was_there = delete_name(*database, name);
  transaction.commit();
  return was_there;
}

namespace {

// Nobody would miss it: it was only kept because something was built on it.
bool is_prunable(Database& database, const oci::Digest& image) {
  return names_of_image(database, image).empty() && children_of(database, image).empty() &&
         !is_used_by_container(database, image);
}

}  // namespace

std::vector<oci::Digest> Store::remove_image(const oci::Digest& image, PruneUntagged prune) {
  auto database = impl_->database.lock();
  Transaction transaction(*database, Commit::durable);
  auto record = store::find_image(*database, image);
  if (!record) {
    throw Error(Code::not_found, fmt::format("No such image: {}", image.str()));
  }
  std::vector<oci::Digest> removed;
  while (record) {
    delete_image_row(*database, record->id);
    removed.push_back(record->id);
    const bool look_at_parent =
        prune == PruneUntagged::yes && record->parent && is_prunable(*database, *record->parent);
    record = look_at_parent ? store::find_image(*database, *record->parent) : std::nullopt;
  }
  transaction.commit();
  return removed;
}

}  // namespace nacre::store
