// Content digests. Source: OCI image-spec, descriptor.md "Digests".
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace nacre::oci {

enum class DigestAlgorithm : std::uint8_t { sha256, sha512 };

// "sha256:<64 hex digits>" (or sha512, 128 digits), always valid and in lower case.
class Digest {
 public:
  // Throws Error (invalid_argument) for anything that is not a digest of a known algorithm.
  static Digest parse(std::string_view text);
  static bool is_valid(std::string_view text) noexcept;
  // The SHA-256 of some bytes.
  static Digest of(Bytes bytes);
  static Digest of(std::string_view text) { return of(as_bytes(text)); }

  DigestAlgorithm algorithm() const noexcept;
  const std::string& str() const noexcept { return text_; }
  std::string_view hex() const noexcept { return std::string_view(text_).substr(7); }
  // The first 12 digits, as tables show an ID.
  std::string short_id() const { return std::string(hex().substr(0, 12)); }

  auto operator<=>(const Digest&) const = default;

 private:
  explicit Digest(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// Digests bytes as they pass (OpenSSL EVP, which uses the processor's SHA instructions). Not thread-safe.
class Hasher {
 public:
  explicit Hasher(DigestAlgorithm algorithm = DigestAlgorithm::sha256);
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;

  void update(Bytes bytes);
  Digest finish();  // once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The digest of a layer's uncompressed tar. Source: image-spec, config.md "Layer DiffID".
struct DiffId {
  Digest digest;
  auto operator<=>(const DiffId&) const = default;
};

// The identity of a stack of layers. Source: image-spec, config.md "Layer ChainID".
struct ChainId {
  Digest digest;
  auto operator<=>(const ChainId&) const = default;
};

// The chain ID of a stack, bottom first. There is none of an empty stack (Error invalid_argument).
ChainId chain_id(std::span<const DiffId> layers);

}  // namespace nacre::oci

template <>
struct std::hash<nacre::oci::Digest> {
  std::size_t operator()(const nacre::oci::Digest& digest) const noexcept {
    return std::hash<std::string_view>{}(digest.str());
  }
};
template <>
struct std::hash<nacre::oci::DiffId> {
  std::size_t operator()(const nacre::oci::DiffId& id) const noexcept {
    return std::hash<nacre::oci::Digest>{}(id.digest);
  }
};
