// Who we are to a registry: tokens, asked for once and shared by every request.
//
// Sources: distribution-spec's authentication (docker's token and OAuth2 specifications), RFC 6750, RFC 7617.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/cancel.h"
#include "base/guarded.h"
#include "net/client.h"
#include "registry/auth_challenge.h"
#include "registry/credentials.h"
#include "registry/endpoint.h"

namespace nacre::registry {

// What a token is asked for: "repository:library/alpine:pull".
using Scopes = std::set<std::string>;

std::string pull_scope(std::string_view repository);
std::string push_scope(std::string_view repository);

// A token, and what came with it. Source: docker's token specification.
struct TokenAnswer {
  Secret token;
  Secret refresh_token;  // an identity token, where the server gives one
  std::chrono::seconds lifetime{60};
};

// Whether a token server is asked for a token that outlives this process, too: for `login`.
enum class RefreshToken : std::uint8_t { leave_out, ask };

// Asks the server that a challenge names for a token. Throws Error: permission_denied when it refuses the credentials,
// is asked over http for a registry that is reached over https, or is where no registry may send us (reach);
// unavailable when it fails; corrupt when its answer makes no sense.
struct TokenRequest {
  const Endpoint& endpoint;
  const AuthChallenge& challenge;
  net::Reach reach;  // names_reach of the answer that the challenge came with
  const Scopes& scopes;
  const std::optional<Credentials>& credentials;
  RefreshToken refresh_token = RefreshToken::leave_out;
};
TokenAnswer request_token(net::Client& client, const TokenRequest& request, const CancelToken& cancel);

// "Basic ..." for a user and password.
Secret basic_authorization(const Credentials& credentials);

// Thread-safe.
class Authorizer {
 public:
  Authorizer(net::Client& client, const CredentialStore& credentials) : client_(client), credentials_(credentials) {}
  // Instead of what the files say: for `login`, which tries what was typed. Before any request.
  void use(Credentials credentials) { given_ = std::move(credentials); }
  // What a token server gave for the given credentials, to be kept instead of the password.
  Secret refresh_token() { return *refresh_token_.lock(); }

  // What a request to the endpoint is to say in its header Authorization; empty as long as nobody asked for anything.
  Secret authorization(const Endpoint& endpoint, const Scopes& scopes);
  // After a 401: what to say instead of `refused`. Whoever comes first asks for a token, the others wait and share it.
  // Throws Error: permission_denied when there is nothing else to say.
  Secret renew(const Endpoint& endpoint, const Scopes& scopes, const net::ResponseHead& answer, const Secret& refused,
               const CancelToken& cancel);

 private:
  using Clock = std::chrono::steady_clock;
  struct Grant {
    std::mutex asking;                                      // held while a token is asked for
    Guarded<std::pair<Secret, Clock::time_point>> current;  // and until when it is good
  };

  Grant& grant(const Endpoint& endpoint, const Scopes& scopes);
  std::optional<Credentials> credentials_for(const Endpoint& endpoint);
  std::pair<Secret, Clock::time_point> ask(const Endpoint& endpoint, const Scopes& scopes,
                                           const net::ResponseHead& answer, const CancelToken& cancel);

  net::Client& client_;
  const CredentialStore& credentials_;
  std::optional<Credentials> given_;
  Guarded<Secret> refresh_token_;
  Guarded<std::map<std::string, std::unique_ptr<Grant>>> grants_;
};

}  // namespace nacre::registry
