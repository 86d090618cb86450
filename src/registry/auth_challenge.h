// What a registry asks for when it answers 401. Source: RFC 9110, 11.6.1 (WWW-Authenticate); distribution-spec's
// token authentication (realm, service, scope).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace nacre::registry {

struct AuthChallenge {
  std::string scheme;                             // lower case: "basic", "bearer"
  std::map<std::string, std::string> parameters;  // names in lower case; the first of a repeated name counts

  // "" where it has no such parameter.
  const std::string& parameter(std::string_view name) const;
};

// Every challenge in the value of a WWW-Authenticate header, in order. Never throws for what a server may say: at the
// first malformed byte the list ends, without the challenge that byte is in.
std::vector<AuthChallenge> parse_challenges(std::string_view value);

}  // namespace nacre::registry
