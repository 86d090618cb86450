#include "tree/keyed_hash.h"

#include <bit>
#include <cstring>
#include <random>

namespace nacre::tree {
namespace {

struct SipState {
  std::uint64_t v0, v1, v2, v3;

  void round() noexcept {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void absorb(std::uint64_t word) noexcept {
    v3 ^= word;
    round();
    v0 ^= word;
  }
};

}  // namespace

KeyedHash::KeyedHash() {
  std::random_device random;
  for (std::uint64_t& half : key_) {
    half = std::uint64_t{random()} << 32 | random();
  }
}

std::uint64_t KeyedHash::operator()(std::uint32_t directory, std::string_view name) const noexcept {
  SipState state{key_[0] ^ 0x736f6d6570736575, key_[1] ^ 0x646f72616e646f6d, key_[0] ^ 0x6c7967656e657261,
                 key_[1] ^ 0x7465646279746573};
  const std::uint64_t length = name.size();
  state.absorb(std::uint64_t{directory} << 32 | (length & 0xffffffff));
  while (name.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, name.data(), 8);
    state.absorb(word);
    name.remove_prefix(8);
  }
  std::uint64_t last = 0;
  std::memcpy(&last, name.data(), name.size());
  state.absorb(last);
  state.v2 ^= 0xff;
  for (int i = 0; i < 3; ++i) {
    state.round();
  }
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace nacre::tree
