#include "registry/authorizer.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "net/url.h"
#include "oci/json.h"
#include "oci/shown.h"
#include "registry/base64.h"
#include "registry/server_error.h"

namespace nacre::registry {

namespace {

constexpr std::uint64_t max_token_answer = 1024 * 1024;
constexpr std::chrono::seconds shortest_lifetime{60};  // docker's specification: no token is shorter

std::string token_query(const AuthChallenge& challenge, const Scopes& scopes) {
  std::string query;
  const auto add = [&](std::string_view name, std::string_view value) {
    query += fmt::format("{}{}={}", query.empty() ? "" : "&", name, net::escape_query(value));
  };
  if (!challenge.parameter("service").empty()) {
    add("service", challenge.parameter("service"));
  }
  Scopes wanted = scopes;
  if (wanted.empty() && !challenge.parameter("scope").empty()) {
    wanted.insert(challenge.parameter("scope"));
  }
  for (const auto& scope : wanted) {
    add("scope", scope);
  }
  return query;
}

struct TokenReply {
  int status = 0;
  std::string text;
};

TokenReply read_reply(net::Client& client, const net::Request& request, const CancelToken& cancel) {
  const auto response = client.send(request, cancel);
  return {response->head().status, archive::read_all(*response, max_token_answer)};
}

TokenReply ask_by_query(net::Client& client, const TokenRequest& asked, std::string query, const CancelToken& cancel) {
  net::Request request{.reach = asked.reach, .tls = asked.endpoint.tls};
  if (asked.credentials) {
    query += fmt::format("&account={}&client_id=nacre", net::escape_query(asked.credentials->username));
    query += asked.refresh_token == RefreshToken::ask ? "&offline_token=true" : "";
    request.authorization = basic_authorization(*asked.credentials);
  }
  const std::string& realm = asked.challenge.parameter("realm");
  request.url = fmt::format("{}{}{}", realm, realm.contains('?') ? "&" : "?", query);
  return read_reply(client, request, cancel);
}

TokenReply ask_by_form(net::Client& client, const TokenRequest& asked, std::string form, const CancelToken& cancel) {
  net::Request request{.method = "POST",
                       .url = asked.challenge.parameter("realm"),
                       .redirects = net::Redirects::report,
                       .reach = asked.reach,
                       .tls = asked.endpoint.tls};
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  request.body.length = form.size();
  const auto body = archive::memory_source(std::move(form));
  request.body.source = body.get();
  return read_reply(client, request, cancel);
}

std::string refresh_form(const Credentials& credentials, std::string_view query) {
  return fmt::format("grant_type=refresh_token&client_id=nacre&refresh_token={}&{}",
                     net::escape_query(credentials.identity_token.reveal()), query);
}

std::string password_form(const Credentials& credentials, std::string_view query, RefreshToken refresh_token) {
  return fmt::format("grant_type=password&client_id=nacre&access_type={}&username={}&password={}&{}",
                     refresh_token == RefreshToken::ask ? "offline" : "online", net::escape_query(credentials.username),
                     net::escape_query(credentials.password.reveal()), query);
}

TokenAnswer parse_token(const std::string& text) {
  oci::Json json;
  try {
    json = oci::parse_json(text);
  } catch (const Error&) {  // whose message may quote a token
    throw Error(Code::corrupt, "the token server's answer is no JSON");
  }
  oci::as_object(json, "the token server's answer");
  TokenAnswer answer;
  answer.token = Secret(oci::optional_string(json, "token").value_or(""));
  if (answer.token.empty()) {
    answer.token = Secret(oci::optional_string(json, "access_token").value_or(""));
  }
  answer.refresh_token = Secret(oci::optional_string(json, "refresh_token").value_or(""));
  const std::int64_t seconds = oci::integer_field(json, "expires_in");
  answer.lifetime = std::clamp(std::chrono::seconds(seconds), std::chrono::seconds(0), std::chrono::seconds(86400));
  if (seconds <= 0) {
    answer.lifetime = shortest_lifetime;
  }
  if (answer.token.empty()) {
    throw Error(Code::corrupt, "the token server's answer holds no token");
  }
  return answer;
}

}  // namespace

std::string pull_scope(std::string_view repository) {
  return fmt::format("repository:{}:pull", repository);
}

std::string push_scope(std::string_view repository) {
  return fmt::format("repository:{}:pull,push", repository);
}

Secret basic_authorization(const Credentials& credentials) {
  return Secret("Basic " + base64_encode(fmt::format("{}:{}", credentials.username, credentials.password.reveal())));
}

TokenAnswer request_token(net::Client& client, const TokenRequest& request, const CancelToken& cancel) {
  const auto& [endpoint, challenge, reach, scopes, credentials, refresh_token] = request;
  const auto origin = net::origin_of(challenge.parameter("realm"));
  if (!origin) {
    throw Error(Code::corrupt, fmt::format("{}: asks for a token without saying where to get one", endpoint.origin));
  }
  if (endpoint.origin.starts_with("https:") && origin->starts_with("http:")) {
    throw Error(Code::permission_denied, fmt::format("{}: its token server {} is plain http, which would show your "
                                                     "password to the network",
                                                     endpoint.origin, oci::shown(*origin)));
  }
  const std::string query = token_query(challenge, scopes);
  const bool by_refresh_token = credentials && !credentials->identity_token.empty();
  TokenReply reply = by_refresh_token ? ask_by_form(client, request, refresh_form(*credentials, query), cancel)
                                      : ask_by_query(client, request, query, cancel);
  if (credentials && !by_refresh_token && (reply.status == 404 || reply.status == 405)) {
    // A server that speaks OAuth2 only. Source: docker's OAuth2 token specification.
    reply = ask_by_form(client, request, password_form(*credentials, query, refresh_token), cancel);
  }
  const auto& [status, text] = reply;
  if (status == 401 || status == 403 || (by_refresh_token && status == 400)) {
    throw Error(Code::permission_denied,
                fmt::format("{}: {}", oci::shown(*origin),
                            credentials ? "incorrect username or password" : describe_errors(status, text)));
  }
  if (status != 200) {
    throw Error(Code::unavailable,
                fmt::format("ask {} for a token: {}", oci::shown(*origin), describe_errors(status, text)));
  }
  return with_context([&] { return oci::shown(*origin); }, [&] { return parse_token(reply.text); });
}

Authorizer::Grant& Authorizer::grant(const Endpoint& endpoint, const Scopes& scopes) {
  std::string key = endpoint.origin;
  for (const auto& scope : scopes) {
    key += ' ' + scope;
  }
  auto& slot = (*grants_.lock())[key];
  if (!slot) {
    slot = std::make_unique<Grant>();
  }
  return *slot;
}

Secret Authorizer::authorization(const Endpoint& endpoint, const Scopes& scopes) {
  const auto current = grant(endpoint, scopes).current.lock();
  return Clock::now() < current->second ? current->first : Secret();
}

Secret Authorizer::renew(const Endpoint& endpoint, const Scopes& scopes, const net::ResponseHead& answer,
                         const Secret& refused, const CancelToken& cancel) {
  Grant& shared = grant(endpoint, scopes);
  const std::lock_guard asking(shared.asking);
  {
    const auto current = shared.current.lock();
    if (!current->first.empty() && current->first != refused && Clock::now() < current->second) {
      return current->first;  // somebody else was faster
    }
  }
  auto fresh = ask(endpoint, scopes, answer, cancel);
  if (fresh.first == refused) {
    throw Error(Code::permission_denied, fmt::format("{}: incorrect username or password", endpoint.origin));
  }
  const auto current = shared.current.lock();
  *current = std::move(fresh);
  return current->first;
}

std::optional<Credentials> Authorizer::credentials_for(const Endpoint& endpoint) {
  return given_ ? given_ : credentials_.find(endpoint.credential_key, endpoint.repository);
}

std::pair<Secret, Authorizer::Clock::time_point> Authorizer::ask(const Endpoint& endpoint, const Scopes& scopes,
                                                                 const net::ResponseHead& answer,
                                                                 const CancelToken& cancel) {
  const auto credentials = credentials_for(endpoint);
  if (credentials && !credentials->registry_token.empty()) {
    return {Secret(fmt::format("Bearer {}", credentials->registry_token.reveal())), Clock::time_point::max()};
  }
  bool basic = false;
  for (const auto value : answer.headers.all("www-authenticate")) {
    for (const auto& challenge : parse_challenges(value)) {
      if (challenge.scheme == "bearer") {
        const TokenRequest request{endpoint, challenge,   answer.names_reach,
                                   scopes,   credentials, given_ ? RefreshToken::ask : RefreshToken::leave_out};
        auto token = request_token(client_, request, cancel);
        *refresh_token_.lock() = std::move(token.refresh_token);
        // Renewed a little early: a token may run out on its way.
        return {Secret(fmt::format("Bearer {}", token.token.reveal())), Clock::now() + token.lifetime * 9 / 10};
      }
      basic = basic || challenge.scheme == "basic";
    }
  }
  if (basic && credentials && credentials->identity_token.empty()) {
    return {basic_authorization(*credentials), Clock::time_point::max()};
  }
  if (!basic) {
    throw Error(Code::permission_denied,
                fmt::format("{}: access denied, and no way to log in that nacre knows is offered", endpoint.origin));
  }
  throw Error(Code::permission_denied, fmt::format("{}: no basic auth credentials; log in with `nacre login {}`",
                                                   endpoint.origin, endpoint.credential_key));
}

}  // namespace nacre::registry
