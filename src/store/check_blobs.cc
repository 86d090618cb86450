#include <fmt/format.h>
#include <sys/stat.h>

#include "base/error.h"
#include "store/check_context.h"

namespace nacre::store {

namespace {

// What is wrong with a blob, if anything.
std::optional<std::string> problem_of(CheckContext& context, const oci::Digest& digest, std::uint64_t size) {
  const fs::path path = context.layout.blob(digest);
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0) {
    return "is missing";
  }
  if (!S_ISREG(info.st_mode)) {
    return "is no regular file";
  }
  if (static_cast<std::uint64_t>(info.st_size) != size) {
    return fmt::format("has {} bytes, not {}", info.st_size, size);
  }
  try {
    if (context.digest_of_file(path, digest.algorithm()) != digest) {
      return "does not match its digest";
    }
  } catch (const Error& error) {
    return error.message();
  }
  return std::nullopt;
}

// The layer's tar is the same bytes: the blob was a copy.
bool is_in_a_layer(CheckContext& context, const oci::Digest& digest) {
  return context.store.find_layer(oci::DiffId{digest}).has_value();
}

void report_damage(CheckContext& context, const Object& blob, const Place& looked_at, std::string problem) {
  if (!context.repairs()) {
    context.damaged.insert(blob);
    context.add(describe(blob), std::move(problem));
    return;
  }
  const std::string advice = context.advice(blob);
  context.discard(blob, looked_at);
  if (is_in_a_layer(context, blob.digest)) {
    context.add_repaired(describe(blob), std::move(problem), "moved to trash; the layer's tar has the same bytes");
  } else if (advice.empty()) {
    context.add_repaired(describe(blob), std::move(problem), "moved to trash; no image needs it");
  } else {
    context.damaged.insert(blob);
    context.add_lost(describe(blob), std::move(problem), "moved to trash" + advice);
  }
}

}  // namespace

void check_blobs(CheckContext& context) {
  const auto digests = all_objects(*context.database.lock(), ObjectKind::blob);
  for (const oci::Digest& digest : digests) {
    const Object blob{ObjectKind::blob, digest};
    context.begin(describe(blob));
    const auto size = find_blob(*context.database.lock(), digest);
    if (!size) {
      continue;
    }
    ++context.report.blobs;
    const Place looked_at = context.place_of(blob);
    if (auto problem = problem_of(context, digest, *size); problem && context.is_damage(blob, looked_at)) {
      report_damage(context, blob, looked_at, std::move(*problem));
    } else {
      check_not_writable_by_others(context, describe(blob), context.layout.blob(digest));
    }
  }
}

}  // namespace nacre::store
