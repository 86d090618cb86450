#include "registry/repository.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "net/url.h"
#include "oci/json.h"
#include "oci/media_type.h"
#include "oci/shown.h"
#include "registry/repository_impl.h"
#include "registry/retry.h"
#include "registry/server_error.h"

namespace nacre::registry {

std::vector<Session*> Repository::Impl::able(Capability capability) {
  std::vector<Session*> found = *order.lock();
  std::erase_if(found, [&](const Session* session) { return !session->endpoint().can(capability); });
  return found;
}

void Repository::Impl::put_last(const Session* session) {
  const auto sessions_in_order = order.lock();
  const auto place = std::ranges::find(*sessions_in_order, session);
  std::rotate(place, place + 1, sessions_in_order->end());
}

Client::Client(HostFiles hosts, CredentialFiles credentials, net::ClientOptions options)
    : impl_(std::make_unique<Impl>(std::move(hosts), std::move(credentials), options)) {}

Client::~Client() = default;

Repository Client::repository(const oci::Reference& reference) {
  auto impl = std::make_unique<Repository::Impl>();
  impl->name = reference.name();
  impl->http = &impl_->http;
  const auto order = impl->order.lock();
  for (auto& endpoint : impl_->hosts.endpoints(reference.domain(), reference.path())) {
    order->push_back(&impl->sessions.emplace_back(impl_->http, impl_->authorizer, std::move(endpoint)));
  }
  return Repository(std::move(impl));
}

Repository::Repository(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Repository::Repository(Repository&&) noexcept = default;
Repository::~Repository() = default;

const std::string& Repository::name() const {
  return impl_->name;
}

void Repository::avoid(const std::string& server) {
  for (const Session& session : impl_->sessions) {
    if (session.endpoint().origin == server) {
      impl_->put_last(&session);
    }
  }
}

std::optional<RateLimit> Repository::rate_limit() const {
  return *impl_->rate_limit.lock();
}

namespace {

// Whether what came is what was asked for: "bytes 100-199/1000". Source: RFC 9110, 14.4.
bool is_range(const net::ResponseHead& head, std::uint64_t offset, std::uint64_t length, std::uint64_t size) {
  const auto range = head.headers.find("content-range");
  const std::string expected = fmt::format("bytes {}-{}/", offset, offset + length - 1);
  if (!range || !range->starts_with(expected)) {
    return false;
  }
  const std::string_view total = range->substr(expected.size());
  return total == "*" || total == std::to_string(size);
}

// Throws Error unless an answer brings the blob, or the part of it that was asked for.
BlobStream checked_stream(std::unique_ptr<net::Response> response, std::string server, std::string_view what,
                          const oci::Descriptor& blob, std::uint64_t offset, std::uint64_t length) {
  const bool whole = offset == 0 && length >= blob.size;
  const auto& head = response->head();
  if (head.status == 206 && !whole) {
    if (!is_range(head, offset, length, blob.size)) {
      throw Error(Code::corrupt, fmt::format("{}: the server sent another range than it was asked for", what));
    }
    return {std::move(response), false, std::move(server)};
  }
  if (head.status != 200) {
    throw refusal(what, *response);
  }
  if (head.content_length && *head.content_length != blob.size) {
    throw Error(Code::corrupt,
                fmt::format("{}: it has {} bytes, the manifest says {}", what, *head.content_length, blob.size));
  }
  return {std::move(response), true, std::move(server)};
}

}  // namespace

// From the places that a manifest names, one after the other: they are no part of the registry, and are told nothing
// of who we are.
std::optional<BlobStream> Repository::Impl::open_elsewhere(const oci::Descriptor& blob, net::Reach reach,
                                                           std::uint64_t offset, std::uint64_t length,
                                                           const CancelToken& cancel) {
  std::exception_ptr failure;
  for (const auto& url : blob.urls) {
    try {
      net::Request request{.url = url, .reach = reach};
      request.headers.add("User-Agent", "nacre");
      request.headers.add("Accept-Encoding", "identity");
      if (offset != 0 || length < blob.size) {
        request.headers.add("Range", fmt::format("bytes={}-{}", offset, offset + length - 1));
      }
      const std::string what = fmt::format("fetch blob {} from {}", blob.digest.str(), net::shown_url(url));
      auto response = http->send(request, cancel);
      return checked_stream(std::move(response), net::origin_of(url).value(), what, blob, offset, length);
    } catch (const Error&) {
      failure = std::current_exception();
    }
  }
  if (failure) {
    std::rethrow_exception(failure);
  }
  return std::nullopt;
}

BlobStream Repository::open_blob(const oci::Descriptor& blob, std::uint64_t offset, std::uint64_t length,
                                 const CancelToken& cancel) {
  const bool whole = offset == 0 && length >= blob.size;
  const std::string what = fmt::format("fetch blob {} of {}", blob.digest.str(), name());
  net::Reach reach = net::Reach::not_local;
  auto stream = impl_->first_of(Capability::pull, [&](Session& session) -> std::optional<BlobStream> {
    Call call{.target = fmt::format("/{}/blobs/{}", session.endpoint().repository, blob.digest.str()),
              .scopes = {pull_scope(session.endpoint().repository)}};
    if (!whole) {
      call.headers.add("Range", fmt::format("bytes={}-{}", offset, offset + length - 1));
    }
    auto response = session.send(call, cancel);
    if (response->head().status == 404) {
      reach = response->head().names_reach;
      return std::nullopt;
    }
    return checked_stream(std::move(response), session.endpoint().origin, what, blob, offset, length);
  });
  if (!stream) {
    stream = impl_->open_elsewhere(blob, reach, offset, length, cancel);
  }
  if (!stream) {
    throw Error(Code::not_found, fmt::format("{}: the registry does not have it", what));
  }
  return std::move(*stream);
}

std::string Repository::read_blob(const oci::Descriptor& blob, const CancelToken& cancel) {
  if (blob.size > oci::max_json_size) {
    throw Error(Code::corrupt,
                fmt::format("blob {} of {}: {} bytes are too many for a config", blob.digest.str(), name(), blob.size));
  }
  std::string text;
  std::string server;
  for (int attempt = 1;; ++attempt) {
    const BlobStream stream = open_blob(blob, 0, blob.size, cancel);
    server = stream.server;
    try {
      text.resize(blob.size);
      text.resize(stream.response->read(std::as_writable_bytes(std::span(text))));
      break;
    } catch (const Error& error) {  // it broke off
      if (attempt == max_attempts || error.code() != Code::unavailable) {
        throw;
      }
    }
  }
  oci::Hasher hasher(blob.digest.algorithm());
  hasher.update(as_bytes(text));
  if (const oci::Digest actual = hasher.finish(); actual != blob.digest) {
    throw Error(Code::corrupt, fmt::format("blob {} of {}: {} sent bytes that are {}", blob.digest.str(), name(),
                                           server, actual.str()));
  }
  return text;
}

}  // namespace nacre::registry
