// What is sent: blobs and documents. Source: OCI distribution-spec 1.1, "Push".
#include <charconv>

#include <fmt/format.h>

#include "base/error.h"
#include "net/url.h"
#include "oci/json.h"
#include "oci/shown.h"
#include "registry/repository_impl.h"
#include "registry/retry.h"
#include "registry/server_error.h"

namespace nacre::registry {

namespace {

constexpr int most_cuts = 5;  // in a row, without a byte that got through

Scopes push_scopes(const Session& session) {
  return {push_scope(session.endpoint().repository)};
}

// One upload at one server. Source: distribution-spec, "Pushing a blob in chunks".
class UploadSession {
 public:
  UploadSession(Session& session, std::string what, const CancelToken& cancel)
      : session_(session), what_(std::move(what)), cancel_(cancel) {}

  void begin() {
    Call call{.method = "POST",
              .target = fmt::format("/{}/blobs/uploads/", session_.endpoint().repository),
              .scopes = push_scopes(session_)};
    const auto response = session_.send(call, cancel_);
    if (response->head().status != 202) {
      throw refusal(what_, *response);
    }
    take_location(response->head());
    sent_ = 0;
  }

  void send(UploadBody& body) {
    for (int cuts = 0;;) {
      const std::uint64_t before = sent_;
      try {
        send_rest(body);
        return;
      } catch (const Error& error) {
        if (error.code() != Code::unavailable) {
          throw;
        }
        cuts = sent_ > before ? 0 : cuts;
        if (++cuts > most_cuts) {
          throw;
        }
      }
      wait(retry_delay(cuts + 1, nullptr), cancel_);
      const std::uint64_t known = sent_;
      find_out();
      cuts = sent_ > known ? 0 : cuts;
    }
  }

  void finish(const oci::Digest& digest) {
    Call call{.method = "PUT",
              .target = fmt::format("{}{}digest={}", location_, location_.contains('?') ? "&" : "?",
                                    net::escape_query(digest.str())),
              .reach = reach_,
              .scopes = push_scopes(session_)};
    call.headers.add("Content-Type", "application/octet-stream");
    const auto response = session_.send(call, cancel_);
    if (response->head().status != 201 && response->head().status != 204) {
      throw refusal(what_, *response);
    }
  }

 private:
  void send_rest(UploadBody& body) {
    const auto length = body.length();
    Call call{.method = "PATCH",
              .target = location_,
              .reach = reach_,
              .scopes = push_scopes(session_),
              .body = [&] { return body.from(sent_); },
              .retry = Retry::no};
    call.headers.add("Content-Type", "application/octet-stream");
    if (length) {
      if (*length == sent_ && sent_ > 0) {
        return;
      }
      call.body_length = *length - sent_;
      call.headers.add("Content-Range", fmt::format("{}-{}", sent_, *length - 1));
    }
    const auto response = session_.send(call, cancel_);
    const int status = response->head().status;
    if (status == 416) {  // the server has more or less than we believe
      find_out();
      throw Error(Code::unavailable, what_ + ": the registry has another part of it than we believed");
    }
    if (status != 202 && status != 201 && status != 204) {
      throw refusal(what_, *response);
    }
    take_location(response->head());
    sent_ = body.length().value_or(sent_);
  }

  // Asks how much has arrived; an upload that is gone begins anew.
  void find_out() {
    const auto response =
        session_.send({.target = location_, .reach = reach_, .scopes = push_scopes(session_)}, cancel_);
    if (response->head().status != 204 && response->head().status != 202) {
      begin();
      return;
    }
    if (response->head().headers.find("location")) {
      take_location(response->head());
    }
    sent_ = bytes_in(response->head().headers.find("range"));
  }

  // "0-99": a hundred bytes. Nothing yet is "0-0", which one byte is, too: then that byte is sent again from 0.
  static std::uint64_t bytes_in(std::optional<std::string_view> range) {
    std::uint64_t last = 0;
    if (!range || !range->contains('-')) {
      return 0;
    }
    const std::string_view text = range->substr(range->find('-') + 1);
    const bool valid = std::from_chars(text.data(), text.data() + text.size(), last).ec == std::errc();
    return valid && last > 0 ? last + 1 : 0;
  }

  void take_location(const net::ResponseHead& head) {
    const auto location = head.headers.find("location");
    if (!location) {
      throw Error(Code::corrupt, what_ + ": the registry does not say where to send it");
    }
    location_ = net::resolve(head.url, *location);
    reach_ = head.names_reach;
    // A registry behind a proxy that ends TLS may think it is spoken to in plain http.
    const bool downgraded = session_.endpoint().origin.starts_with("https:") && location_.starts_with("http:");
    if (downgraded) {
      location_ = "https:" + location_.substr(std::string_view("http:").size());
    }
  }

  Session& session_;
  std::string what_;
  const CancelToken& cancel_;
  std::string location_;
  net::Reach reach_ = net::Reach::any;  // of the location
  std::uint64_t sent_ = 0;              // what the server has, as far as we know
};

}  // namespace

bool Repository::has_blob(const oci::Digest& blob, const CancelToken& cancel) {
  return impl_
      ->first_of(Capability::push,
                 [&](Session& session) -> std::optional<bool> {
                   const auto response =
                       session.send({.method = "HEAD",
                                     .target = fmt::format("/{}/blobs/{}", session.endpoint().repository, blob.str()),
                                     .scopes = push_scopes(session)},
                                    cancel);
                   const int status = response->head().status;
                   if (status != 200 && status != 404) {
                     throw refusal(fmt::format("look for blob {} in {}", blob.str(), name()), *response);
                   }
                   return status == 200;
                 })
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
    upload.finish(body.digest());
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
