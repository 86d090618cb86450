// What is sent: blobs and documents. Source: OCI distribution-spec 1.1, "Push".
#include <fmt/format.h>

#include "base/error.h"
#include "net/url.h"
#include "oci/json.h"
#include "oci/shown.h"
#include "registry/repository_impl.h"
#include "registry/server_error.h"
#include "registry/upload_session.h"

namespace nacre::registry {

bool Repository::has_blob(const oci::Digest& blob, const CancelToken& cancel) {
  return impl_
      ->first_of(Capability::push,
                 [&](Session& session) -> std::optional<bool> { return is_there(session, blob, cancel); })
      .value_or(false);
}

namespace {

// Whether the server made the blob known. That we may not read the other repository is no error, but an answer.
bool mount_from(Session& session, const oci::Digest& blob, const std::string& from, const CancelToken& cancel) {
  Scopes scopes = push_scopes(session);
  scopes.insert(pull_scope(from));
  Call call{.method = "POST",
            .target = fmt::format("/{}/blobs/uploads/?mount={}&from={}", session.endpoint().repository,
                                  net::escape_query(blob.str()), net::escape_query(from)),
            .scopes = std::move(scopes)};
  const auto response = session.send(call, cancel);
  const auto& head = response->head();
  if (const auto location = head.headers.find("location"); head.status == 202 && location) {
    // An upload was begun instead, which is not needed.
    session.send({.method = "DELETE",
                  .target = net::resolve(head.url, *location),
                  .reach = head.names_reach,
                  .scopes = push_scopes(session),
                  .retry = Retry::no},
                 cancel);
  }
  return head.status == 201;
}

}  // namespace

std::optional<std::string> Repository::mount_blob(const oci::Digest& blob, const std::vector<std::string>& repositories,
                                                  const CancelToken& cancel) {
  for (const auto& from : repositories) {
    try {
      const auto mounted = impl_->first_of(Capability::push, [&](Session& session) -> std::optional<bool> {
        return mount_from(session, blob, from, cancel);
      });
      if (mounted.value_or(false)) {
        return from;
      }
    } catch (const Error& error) {
      if (error.code() != Code::permission_denied) {
        throw;
      }
    }
  }
  return std::nullopt;
}

void Repository::send_blob(UploadBody& body, const CancelToken& cancel) {
  const std::string what = fmt::format("send a blob to {}", name());
  impl_->first_of(Capability::push, [&](Session& session) -> std::optional<bool> {
    UploadSession upload(session, what, cancel);
    upload.begin();
    upload.send(body);
    return true;
  });
}

namespace {

bool has_subject(const std::string& raw) {
  const oci::Json json = oci::parse_json(raw);
  return json.is_object() && json.contains("subject") && json.contains("config");
}

}  // namespace

void Repository::send_document(const oci::Reference& reference, const std::string& raw, const std::string& media_type,
                               const CancelToken& cancel) {
  const oci::Digest digest = oci::Digest::of(raw);
  const std::string wanted = reference.tag().value_or(digest.str());
  const std::string what = fmt::format("send manifest {} to {}", wanted, name());
  impl_->first_of(Capability::push, [&](Session& session) -> std::optional<bool> {
    Call call{.method = "PUT",
              .target = fmt::format("/{}/manifests/{}", session.endpoint().repository, wanted),
              .scopes = push_scopes(session),
              .body = [&] { return archive::memory_source(raw); },
              .body_length = raw.size()};
    call.headers.add("Content-Type", media_type);
    const auto response = session.send(call, cancel);
    if (response->head().status != 201 && response->head().status != 200 && response->head().status != 202) {
      throw refusal(what, *response);
    }
    const auto said = response->head().headers.find("docker-content-digest");
    if (said && *said != digest.str()) {
      throw Error(Code::corrupt,
                  fmt::format("{}: the registry took it for {}, it is {}", what, oci::shown(*said), digest.str()));
    }
    // A registry that lists referrers says that it did. Source: distribution-spec, "Pushing Manifests with Subject".
    if (has_subject(raw) && !response->head().headers.find("oci-subject")) {
      impl_->note_referrer(session, raw, cancel);
    }
    return true;
  });
}

}  // namespace nacre::registry
