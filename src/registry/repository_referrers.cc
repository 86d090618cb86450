// What refers to a manifest: signatures, attestations, SBOMs. Source: OCI distribution-spec 1.1, "Listing Referrers"
// and "Pushing Manifests with Subject".
#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "oci/json.h"
#include "oci/manifest.h"
#include "oci/media_type.h"
#include "registry/repository_impl.h"
#include "registry/server_error.h"

namespace nacre::registry {

namespace {

// The tag under which clients keep the list where a registry has no API for it.
std::string fallback_tag(const oci::Digest& subject) {
  return fmt::format("{}-{}", subject.str().substr(0, subject.str().find(':')), subject.hex());
}

std::optional<oci::Index> read_index(Session& session, const std::string& target, const std::string& what,
                                     const CancelToken& cancel) {
  Call call{.target = target, .scopes = {pull_scope(session.endpoint().repository)}};
  call.headers.add("Accept", std::string(oci::media_type::oci_index));
  const auto response = session.send(call, cancel);
  const int status = response->head().status;
  if (status == 404 || status == 405) {
    return std::nullopt;
  }
  if (status != 200) {
    throw refusal(what, *response);
  }
  return oci::Index::parse(archive::read_all(*response, max_manifest_size), oci::media_type::oci_index);
}

// What the list says of a manifest that refers to another.
oci::Descriptor referrer_descriptor(const oci::Manifest& manifest) {
  oci::Descriptor referrer = manifest.descriptor();
  const auto type = oci::optional_string(oci::parse_json(manifest.raw()), "artifactType");
  referrer.artifact_type = type && !type->empty() ? *type : manifest.config().media_type;
  referrer.annotations = manifest.annotations();
  return referrer;
}

}  // namespace

std::vector<oci::Descriptor> Repository::referrers(const oci::Digest& subject, const CancelToken& cancel) {
  const std::string what = fmt::format("list what refers to {} in {}", subject.str(), name());
  const auto index = impl_->first_of(Capability::pull, [&](Session& session) -> std::optional<oci::Index> {
    const std::string& repository = session.endpoint().repository;
    if (auto listed = read_index(session, fmt::format("/{}/referrers/{}", repository, subject.str()), what, cancel)) {
      return listed;
    }
    return read_index(session, fmt::format("/{}/manifests/{}", repository, fallback_tag(subject)), what, cancel);
  });
  return index ? index->manifests() : std::vector<oci::Descriptor>();
}

void Repository::Impl::note_referrer(Session& session, const std::string& raw, const CancelToken& cancel) const {
  const auto manifest = oci::Manifest::parse(raw);
  const std::string tag = fallback_tag(manifest.subject().value().digest);
  const std::string what = fmt::format("list manifest {} under tag {} of {}", manifest.digest().str(), tag, name);
  const std::string target = fmt::format("/{}/manifests/{}", session.endpoint().repository, tag);
  const auto before = read_index(session, target, what, cancel);
  auto listed = before ? before->manifests() : std::vector<oci::Descriptor>();
  const auto is_this = [&](const oci::Descriptor& each) { return each.digest == manifest.digest(); };
  if (std::ranges::any_of(listed, is_this)) {
    return;
  }
  listed.push_back(referrer_descriptor(manifest));
  const auto index = oci::Index::make(listed);
  Call call{.method = "PUT",
            .target = target,
            .scopes = {push_scope(session.endpoint().repository)},
            .body = [&] { return archive::memory_source(index.raw()); },
            .body_length = index.raw().size()};
  call.headers.add("Content-Type", index.media_type());
  const auto response = session.send(call, cancel);
  if (response->head().status != 201) {
    throw refusal(what, *response);
  }
}

}  // namespace nacre::registry
