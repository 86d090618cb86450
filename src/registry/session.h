// Requests to one endpoint, with what every one of them needs: authorization, retries, patience. Internal to registry/.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "net/client.h"
#include "registry/authorizer.h"
#include "registry/endpoint.h"

namespace nacre::registry {

enum class Retry : std::uint8_t {
  yes,
  no,  // the server may have taken a part of it: whoever asks finds out how much
};

// A request, told apart from the endpoint it goes to.
struct Call {
  std::string method = "GET";
  std::string target;  // below the API's start: "/library/alpine/tags/list"; or a whole URL, as a server gave it
  net::Reach reach = net::Reach::any;  // of a URL on another server: names_reach of the answer that gave it
  net::Headers headers = {};
  Scopes scopes = {};
  // Makes the body anew for each attempt; nothing for none.
  std::function<std::unique_ptr<archive::ByteSource>()> body = {};
  std::optional<std::uint64_t> body_length = {};
  Retry retry = Retry::yes;
};

// Whether an Error of net::Client::send() means that nobody answered at all, or nobody who speaks TLS.
bool was_never_reached(const Error& error) noexcept;

// Thread-safe.
class Session {
 public:
  Session(net::Client& client, Authorizer& authorizer, Endpoint endpoint)
      : client_(client), authorizer_(authorizer), endpoint_(std::move(endpoint)) {}

  const Endpoint& endpoint() const noexcept { return endpoint_; }

  // The answer, once it is neither a 401 that a login can cure nor a failure that passes (max_attempts in all). A
  // server that was never reached is tried once. Throws as net::Client::send() and Authorizer::renew() do.
  std::unique_ptr<net::Response> send(const Call& call, const CancelToken& cancel);

 private:
  std::unique_ptr<net::Response> send_once(const Call& call, const Secret& authorization, const CancelToken& cancel);
  std::unique_ptr<net::Response> send_authorized(const Call& call, const CancelToken& cancel);
  std::string url_of(const Call& call) const;

  net::Client& client_;
  Authorizer& authorizer_;
  Endpoint endpoint_;
  std::atomic<bool> reached_ = false;
};

}  // namespace nacre::registry
