#include "oci/digest.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/error.h"
#include "oci/ascii.h"
#include "oci/shown.h"

namespace nacre::oci {
namespace {

constexpr std::string_view sha256_prefix = "sha256:";
constexpr std::string_view sha512_prefix = "sha512:";
constexpr std::size_t sha256_digits = 64;
constexpr std::size_t sha512_digits = 128;
// Both prefixes are as long, which Digest::hex() relies on.
static_assert(sha256_prefix.size() == 7 && sha512_prefix.size() == 7);

// Why a text is no digest; empty when it is one. The words are those of opencontainers/go-digest, which docker prints.
std::string_view defect_of(std::string_view text) noexcept {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) {
    return "invalid checksum digest format";
  }
  const std::string_view prefix = text.substr(0, colon + 1);
  const std::string_view hex = text.substr(colon + 1);
  if (prefix != sha256_prefix && prefix != sha512_prefix) {
    return "unsupported digest algorithm";
  }
  if (hex.size() != (prefix == sha256_prefix ? sha256_digits : sha512_digits)) {
    return "invalid checksum digest length";
  }
  return std::ranges::all_of(hex, is_lower_hex) ? std::string_view{} : "invalid checksum digest format";
}

}  // namespace

Digest Digest::parse(std::string_view text) {
  if (const std::string_view defect = defect_of(text); !defect.empty()) {
    throw Error(Code::invalid_argument, fmt::format("digest '{}': {}", shown(text), defect));
  }
  return Digest(std::string(text));
}

bool Digest::is_valid(std::string_view text) noexcept {
  return defect_of(text).empty();
}

Digest Digest::of(Bytes bytes) {
  Hasher hasher;
  hasher.update(bytes);
  return hasher.finish();
}

DigestAlgorithm Digest::algorithm() const noexcept {
  return text_.starts_with(sha512_prefix) ? DigestAlgorithm::sha512 : DigestAlgorithm::sha256;
}

struct Hasher::State {
  struct Free {
    void operator()(EVP_MD_CTX* freed) const noexcept { EVP_MD_CTX_free(freed); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context;
  DigestAlgorithm algorithm;
};

Hasher::Hasher(DigestAlgorithm algorithm) : state_(std::make_unique<State>()) {
  state_->algorithm = algorithm;
  state_->context.reset(EVP_MD_CTX_new());
  const EVP_MD* const kind = algorithm == DigestAlgorithm::sha256 ? EVP_sha256() : EVP_sha512();
  if (!state_->context || EVP_DigestInit_ex(state_->context.get(), kind, nullptr) != 1) {
    throw Error(Code::internal, "start a digest: the OpenSSL library refuses");
  }
}

Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::update(Bytes bytes) {
  if (!state_ || EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) != 1) {
    throw Error(Code::internal, "update a digest: it is finished already");
  }
}

Digest Hasher::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> value{};
  unsigned int length = 0;
  if (!state_ || EVP_DigestFinal_ex(state_->context.get(), value.data(), &length) != 1) {
    throw Error(Code::internal, "finish a digest: it is finished already");
  }
  std::string text(state_->algorithm == DigestAlgorithm::sha256 ? sha256_prefix : sha512_prefix);
  state_.reset();
  text.reserve(text.size() + std::size_t{length} * 2);
  constexpr std::string_view digits = "0123456789abcdef";
  for (const unsigned char byte : std::span(value).first(length)) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return Digest::parse(text);
}

ChainId chain_id(std::span<const DiffId> layers) {
  if (layers.empty()) {
    throw Error(Code::invalid_argument, "chain ID of an empty stack of layers: there is none");
  }
  Digest chain = layers.front().digest;
  for (const DiffId& layer : layers.subspan(1)) {
    chain = Digest::of(chain.str() + ' ' + layer.digest.str());
  }
  return {chain};
}

}  // namespace nacre::oci
