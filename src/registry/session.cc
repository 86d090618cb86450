#include "registry/session.h"

#include <fmt/format.h>

#include "base/error.h"
#include "net/url.h"
#include "registry/retry.h"

namespace nacre::registry {

bool was_never_reached(const Error& error) noexcept {
  return error.sys_errno() == EHOSTUNREACH || error.sys_errno() == EPROTO;
}

std::string Session::url_of(const Call& call) const {
  if (!call.target.starts_with('/')) {
    return call.target;
  }
  std::string url = endpoint_.origin + endpoint_.api + call.target;
  if (!endpoint_.domain_asked.empty()) {
    url += fmt::format("{}ns={}", url.contains('?') ? "&" : "?", net::escape_query(endpoint_.domain_asked));
  }
  return url;
}

std::unique_ptr<net::Response> Session::send_once(const Call& call, const Secret& authorization,
                                                  const CancelToken& cancel) {
  net::Request request{
      .method = call.method,
      .url = url_of(call),
      .headers = call.headers,
      .redirects = call.method == "GET" || call.method == "HEAD" ? net::Redirects::follow : net::Redirects::report,
      .reach = call.reach,
      .tls = endpoint_.tls};
  // An upload's location may be on another host: what we are here is nothing to it.
  if (net::origin_of(request.url) == net::origin_of(endpoint_.origin)) {
    request.authorization = authorization;
    request.reach = net::Reach::any;
    for (const auto& [name, value] : endpoint_.headers) {
      request.headers.add(name, value);
    }
  }
  request.headers.add("User-Agent", "nacre");
  // A blob is what its digest says: nobody on the way is to compress it.
  request.headers.add("Accept-Encoding", "identity");
  const auto body = call.body ? call.body() : nullptr;
  request.body = {body.get(), call.body_length};
  auto response = client_.send(request, cancel);
  reached_ = true;
  return response;
}

std::unique_ptr<net::Response> Session::send_authorized(const Call& call, const CancelToken& cancel) {
  const Secret authorization = authorizer_.authorization(endpoint_, call.scopes);
  auto response = send_once(call, authorization, cancel);
  const bool is_ours = net::origin_of(response->head().url) == net::origin_of(endpoint_.origin);
  if (response->head().status != 401 || !is_ours) {
    return response;
  }
  const net::ResponseHead asked = response->head();
  archive::read_all(*response, 1024 * 1024);  // so that the connection can be used again
  response.reset();
  const Secret renewed = authorizer_.renew(endpoint_, call.scopes, asked, authorization, cancel);
  return send_once(call, renewed, cancel);
}

std::unique_ptr<net::Response> Session::send(const Call& call, const CancelToken& cancel) {
  for (int attempt = 1;; ++attempt) {
    const bool is_last = attempt == max_attempts || call.retry == Retry::no;
    std::optional<net::Headers> answer;
    try {
      auto response = send_authorized(call, cancel);
      if (is_last || !is_passing(response->head().status)) {
        return response;
      }
      answer = response->head().headers;
    } catch (const Error& error) {
      const bool gave_up = was_never_reached(error) && !reached_;
      if (is_last || gave_up || error.code() != Code::unavailable) {
        throw;
      }
    }
    wait(retry_delay(attempt + 1, answer ? &*answer : nullptr), cancel);
  }
}

}  // namespace nacre::registry
