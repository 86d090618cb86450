// A hash of names that an image's author cannot steer.
#pragma once

#include <cstdint>
#include <string_view>

namespace nacre::tree {

// SipHash-1-3 (Aumasson, Bernstein: "SipHash: a fast short-input PRF") under a key drawn per object, so that nobody can
// choose names that all fall into one slot of a hash table.
class KeyedHash {
 public:
  KeyedHash();
  std::uint64_t operator()(std::uint32_t directory, std::string_view name) const noexcept;

 private:
  std::uint64_t key_[2];
};

}  // namespace nacre::tree
