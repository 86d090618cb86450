// Image references, exactly as docker reads them. Source: distribution/reference (grammar, normalisation and limits).
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "oci/digest.h"

namespace nacre::oci {

// A normalised name with an optional tag and digest: "docker.io/library/alpine:3.20".
class Reference {
 public:
  // "alpine", "user/app:1", "localhost:5000/a/b@sha256:..." — normalised as docker does: docker.io and library/ are
  // filled in, index.docker.io becomes docker.io. Throws Error (invalid_argument) with docker's texts: "invalid
  // reference format", "invalid reference format: repository name (library/Foo) must be lowercase", "repository name
  // must not be more than 255 characters", and "invalid repository name (<64 hex>), cannot specify 64-byte hexadecimal
  // strings".
  static Reference parse(std::string_view text);

  // "docker.io". "" where docker, too, finds a registry no name can have and takes the whole for a path: "a_b.c/d".
  const std::string& domain() const noexcept { return domain_; }
  const std::string& path() const noexcept { return path_; }  // "library/alpine"
  const std::optional<std::string>& tag() const noexcept { return tag_; }
  const std::optional<Digest>& digest() const noexcept { return digest_; }

  std::string name() const;           // "docker.io/library/alpine"
  std::string familiar_name() const;  // "alpine"
  std::string str() const;            // "docker.io/library/alpine:3.20@sha256:..."
  std::string familiar() const;       // "alpine:3.20@sha256:..."

  // With the tag "latest" when there is neither tag nor digest.
  Reference with_default_tag() const;
  // Throws Error (invalid_argument) for a malformed tag.
  Reference with_tag(std::string_view tag) const;
  Reference with_digest(const Digest& digest) const;
  Reference without_tag_and_digest() const;

  auto operator<=>(const Reference&) const = default;

 private:
  Reference() = default;
  std::string domain_;
  std::string path_;
  std::optional<std::string> tag_;
  std::optional<Digest> digest_;
};

// path.Match as Go and docker's `reference` filter have it (`*` does not cross '/'; `?`, classes, escapes), tried on
// the familiar name and the familiar name with tag and digest; a pattern that begins with "docker.io/", which docker
// can never match, is tried on the full forms too. Throws Error (invalid_argument) on a bad pattern.
bool familiar_match(std::string_view pattern, const Reference& reference);

}  // namespace nacre::oci
