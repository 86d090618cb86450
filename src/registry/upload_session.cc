#include "registry/upload_session.h"

#include <charconv>

#include <fmt/format.h>

#include "base/error.h"
#include "net/url.h"
#include "registry/retry.h"
#include "registry/server_error.h"

namespace nacre::registry {

namespace {

constexpr int most_cuts = 5;                       // in a row, without a byte that got through
constexpr std::uint64_t sent_whole = 1024 * 1024;  // up to this size a blob goes with the request that ends its upload

// Whether an answer to PATCH means that the registry knows no uploads in parts.
bool is_unknown_method(int status) {
  return status == 404 || status == 405 || status == 501;
}

void read_to_the_end(archive::ByteSource& source) {
  while (!source.next().empty()) {
  }
}

// "0-99": a hundred bytes. Nothing yet is "0-0", which one byte is, too: then that byte is sent again from 0.
std::uint64_t bytes_in(std::optional<std::string_view> range) {
  std::uint64_t last = 0;
  if (!range || !range->contains('-')) {
    return 0;
  }
  const std::string_view text = range->substr(range->find('-') + 1);
  const bool valid = std::from_chars(text.data(), text.data() + text.size(), last).ec == std::errc();
  return valid && last > 0 ? last + 1 : 0;
}

}  // namespace

Scopes push_scopes(const Session& session) {
  return {push_scope(session.endpoint().repository)};
}

bool is_there(Session& session, const oci::Digest& blob, const CancelToken& cancel) {
  const auto response = session.send({.method = "HEAD",
                                      .target = fmt::format("/{}/blobs/{}", session.endpoint().repository, blob.str()),
                                      .scopes = push_scopes(session)},
                                     cancel);
  const int status = response->head().status;
  if (status != 200 && status != 404) {
    throw refusal(fmt::format("look for blob {} in {}", blob.str(), session.endpoint().origin), *response);
  }
  return status == 200;
}

void UploadSession::begin() {
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

void UploadSession::send(UploadBody& body) {
  if (body.length().value_or(UINT64_MAX) <= sent_whole) {
    send_in_one(body);
    return;
  }
  send_in_parts(body);
  if (knows_parts_) {
    finish(body.digest(), nullptr);
    return;
  }
  read_to_the_end(*body.from(0));  // until then the length may be unknown
  begin();
  send_in_one(body);
}

void UploadSession::send_in_one(UploadBody& body) {
  for (int tries = 1;; ++tries) {
    try {
      finish(body.digest(), &body);
      return;
    } catch (const Error& error) {
      if (error.code() != Code::unavailable || tries == most_cuts) {
        throw;
      }
    }
    wait(retry_delay(tries + 1, nullptr), cancel_);
    begin();
  }
}

void UploadSession::send_in_parts(UploadBody& body) {
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

void UploadSession::finish(const oci::Digest& digest, UploadBody* body) {
  Call call{.method = "PUT",
            .target = fmt::format("{}{}digest={}", location_, location_.contains('?') ? "&" : "?",
                                  net::escape_query(digest.str())),
            .reach = reach_,
            .scopes = push_scopes(session_)};
  call.headers.add("Content-Type", "application/octet-stream");
  if (body != nullptr) {
    call.body = [body] { return body->from(0); };
    call.body_length = body->length();
    call.retry = Retry::no;
  }
  const auto response = session_.send(call, cancel_);
  const int status = response->head().status;
  // An upload that is unknown may be one that came to its end, and only the answer was lost.
  if (status != 201 && status != 204 && !(status == 404 && is_there(session_, digest, cancel_))) {
    throw refusal(what_, *response);
  }
}

void UploadSession::send_rest(UploadBody& body) {
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
  if (sent_ == 0 && is_unknown_method(status)) {
    knows_parts_ = false;
    return;
  }
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

void UploadSession::find_out() {
  const auto response = session_.send({.target = location_, .reach = reach_, .scopes = push_scopes(session_)}, cancel_);
  if (response->head().status != 204 && response->head().status != 202) {
    begin();
    return;
  }
  if (response->head().headers.find("location")) {
    take_location(response->head());
  }
  sent_ = bytes_in(response->head().headers.find("range"));
}

void UploadSession::take_location(const net::ResponseHead& head) {
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

}  // namespace nacre::registry
