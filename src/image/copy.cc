#include "image/copy.h"

#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/guarded.h"
#include "base/worker_pool.h"
#include "oci/manifest.h"
#include "oci/media_type.h"
#include "oci/shown.h"

namespace nacre::image {

namespace {

constexpr unsigned blobs_at_once = 4;
constexpr int max_nesting = 8;  // of indexes in indexes, and of referrers of referrers

// A blob on its way through: fetched as it is sent, verified before the last byte counts.
class PassingBody : public registry::UploadBody {
 public:
  PassingBody(registry::Repository& source, const oci::Descriptor& blob, CopyObserver& observer,
              const CancelToken& cancel)
      : source_(source), blob_(blob), observer_(observer), cancel_(cancel) {}

  std::unique_ptr<archive::ByteSource> from(std::uint64_t offset) override {
    if (offset == blob_.size) {
      return archive::memory_source("");
    }
    return std::make_unique<Passing>(*this, source_.open_blob(blob_, offset, blob_.size - offset, cancel_), offset);
  }
  std::optional<std::uint64_t> length() const override { return blob_.size; }
  oci::Digest digest() const override { return blob_.digest; }  // the registry checks it

 private:
  class Passing : public archive::ByteSource {
   public:
    Passing(PassingBody& body, registry::BlobStream stream, std::uint64_t offset)
        : body_(body), stream_(std::move(stream)), at_(stream_.is_whole ? 0 : offset), offset_(offset) {}

    archive::Chunk next() override {
      while (at_ < body_.blob_.size) {
        archive::Chunk chunk = stream_.response->next();
        if (chunk.empty()) {
          throw Error(Code::unavailable, fmt::format("{}: blob {} ended after {} bytes of {}", stream_.server,
                                                     body_.blob_.digest.str(), at_, body_.blob_.size));
        }
        const std::uint64_t length = std::min<std::uint64_t>(chunk.bytes.size(), body_.blob_.size - at_);
        const std::uint64_t skipped = std::min(length, offset_ - std::min(at_, offset_));
        at_ += length;
        if (skipped < length) {
          body_.observer_.blob_progress(body_.blob_.digest.short_id(), at_, body_.blob_.size);
          return chunk.part(skipped, length - skipped);
        }
      }
      return {};
    }

   private:
    PassingBody& body_;
    registry::BlobStream stream_;
    std::uint64_t at_;
    std::uint64_t offset_;  // what comes before it is passed over
  };

  registry::Repository& source_;
  const oci::Descriptor& blob_;
  CopyObserver& observer_;
  const CancelToken& cancel_;
};

class Copier {
 public:
  Copier(registry::Client& client, oci::Reference from, oci::Reference to, CopyOptions options, CopyObserver& observer,
         const CancelToken& cancel)
      : from_(std::move(from)),
        to_(std::move(to)),
        source_(client.repository(from_)),
        target_(client.repository(to_)),
        options_(std::move(options)),
        observer_(observer),
        cancel_(cancel) {}

  oci::Digest run() {
    auto document = source_.document(from_, cancel_);
    if (options_.platform && is_index(document)) {
      document = source_.document(chosen(document), cancel_);
    }
    const oci::Reference name = to_.digest() ? to_.without_tag_and_digest().with_digest(*to_.digest()) : to_;
    if (name.digest() && *name.digest() != document.digest) {
      throw Error(Code::conflict, fmt::format("{} is {}", from_.familiar(), document.digest.str()));
    }
    copy_document(document, name, 1);
    return document.digest;
  }

 private:
  static bool is_index(const registry::FetchedDocument& document) {
    const oci::Json json = oci::parse_json(document.raw);
    return json.is_object() && json.contains("manifests");
  }

  oci::Descriptor chosen(const registry::FetchedDocument& document) const {
    const auto index = oci::Index::parse(document.raw, document.media_type);
    const oci::Descriptor* best = nullptr;
    std::optional<int> best_distance;
    for (const auto& each : index.manifests()) {
      const auto distance = each.platform ? platform_distance(*options_.platform, *each.platform) : std::nullopt;
      if (distance && (!best_distance || *distance < *best_distance)) {
        best = &each;
        best_distance = distance;
      }
    }
    if (best == nullptr) {
      throw Error(Code::not_found, fmt::format("{} has no image for {}", from_.familiar(), options_.platform->str()));
    }
    return *best;
  }

  // What a document lists goes before it: a registry refuses what refers to what it does not have.
  void copy_document(const registry::FetchedDocument& document, const oci::Reference& name, int depth) {
    if (depth > max_nesting) {
      throw Error(Code::corrupt,
                  fmt::format("{}: documents are nested more than {} deep", from_.familiar(), max_nesting));
    }
    if (is_index(document)) {
      const auto index = oci::Index::parse(document.raw, document.media_type);
      for (const auto& child : index.manifests()) {
        copy_child(child, depth);
      }
    } else {
      copy_blobs(oci::Manifest::parse(document.raw, document.media_type));
    }
    target_.send_document(name, document.raw, document_type(document), cancel_);
    copy_referrers(document.digest, depth);
  }

  void copy_child(const oci::Descriptor& child, int depth) {
    if (copied_.insert(child.digest).second) {
      copy_document(source_.document(child, cancel_), to_.without_tag_and_digest().with_digest(child.digest),
                    depth + 1);
    }
  }

  static std::string document_type(const registry::FetchedDocument& document) {
    const oci::Json json = oci::parse_json(document.raw);
    return oci::optional_string(json, "mediaType").value_or(document.media_type);
  }

  void copy_blobs(const oci::Manifest& manifest) {
    std::vector<oci::Descriptor> blobs = manifest.layers();
    blobs.push_back(manifest.config());
    WorkerPool pool(blobs_at_once);
    for (const auto& blob : blobs) {
      const bool stays = oci::media_type::is_foreign_layer(blob.media_type) && !blob.urls.empty();
      if (!stays && copied_.insert(blob.digest).second) {
        pool.submit(
            [this, blob] { with_context([&] { return "blob " + blob.digest.str(); }, [&] { copy_blob(blob); }); });
      }
    }
    pool.wait();
  }

  void copy_blob(const oci::Descriptor& blob) {
    const std::string shown = blob.digest.short_id();
    if (target_.has_blob(blob.digest, cancel_)) {
      observer_.blob_there(shown);
      return;
    }
    if (from_.domain() == to_.domain() && target_.mount_blob(blob.digest, {from_.path()}, cancel_)) {
      observer_.blob_mounted(shown);
      return;
    }
    PassingBody body(source_, blob, observer_, cancel_);
    target_.send_blob(body, cancel_);
    observer_.blob_sent(shown);
  }

  void copy_referrers(const oci::Digest& subject, int depth) {
    for (const auto& referrer : source_.referrers(subject, cancel_)) {
      copy_child(referrer, depth);
    }
    // Source: cosign's specification, "Storage": sha256-<hex>.sig and its like.
    for (const char* const suffix : {".sig", ".att", ".sbom"}) {
      const std::string tag =
          fmt::format("{}-{}{}", subject.str().substr(0, subject.str().find(':')), subject.hex(), suffix);
      if (source_.find(from_.without_tag_and_digest().with_tag(tag), cancel_)) {
        copy_document(source_.document(from_.without_tag_and_digest().with_tag(tag), cancel_),
                      to_.without_tag_and_digest().with_tag(tag), depth + 1);
      }
    }
  }

  const oci::Reference from_;
  const oci::Reference to_;
  registry::Repository source_;
  registry::Repository target_;
  const CopyOptions options_;
  CopyObserver& observer_;
  const CancelToken& cancel_;
  std::set<oci::Digest> copied_;  // documents and blobs
};

}  // namespace

oci::Digest copy(registry::Client& client, const oci::Reference& from, const oci::Reference& to,
                 const CopyOptions& options, CopyObserver& observer, const CancelToken& cancel) {
  return Copier(client, from.with_default_tag(), to.with_default_tag(), options, observer, cancel).run();
}

}  // namespace nacre::image
