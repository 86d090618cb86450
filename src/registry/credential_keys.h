// Keys of the files that logins are kept in. Internal to registry/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nacre::registry {

// A key as files have it, in the words of references: "https://index.docker.io/v1/" is "docker.io",
// "http://host:5000/v2/" is "host:5000", "quay.io/ns/repo" is itself. A key with a scheme is the address of an API, so
// that only its host counts; otherwise "/v1" and "/v2" are dropped right behind the host alone: "quay.io/ns/v2" is a
// repository.
std::string normal_key(std::string_view key);

// What may stand for a repository in a file, narrowest first: "quay.io/ns/repo", "quay.io/ns", "quay.io".
std::vector<std::string> keys_for(std::string_view registry, std::string_view repository);

// Every key that a registry's login may have been given to a helper under, docker's own first. (Helpers find what they
// were told to keep by exactly that key.)
std::vector<std::string> helper_keys(std::string_view registry);

}  // namespace nacre::registry
