#include "oci/digest.h"

#include <unordered_set>
#include <vector>

#include <gtest/gtest.h>

#include "test/unit/oci/errors.h"

namespace nacre::oci {
namespace {

const std::string empty_hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
// FIPS 180-2, appendix B.1 and C.1: the digests of "abc".
const std::string abc_sha256 = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const std::string abc_sha512 =
    "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";

TEST(Digest, ParsesBothAlgorithms) {
  const Digest small = Digest::parse(abc_sha256);
  EXPECT_EQ(small.algorithm(), DigestAlgorithm::sha256);
  EXPECT_EQ(small.str(), abc_sha256);
  EXPECT_EQ(small.hex(), abc_sha256.substr(7));
  EXPECT_EQ(small.short_id(), "ba7816bf8f01");

  const Digest large = Digest::parse(abc_sha512);
  EXPECT_EQ(large.algorithm(), DigestAlgorithm::sha512);
  EXPECT_EQ(large.hex().size(), 128U);
}

TEST(Digest, RefusesWhatIsNoDigest) {
  const std::string format = "invalid checksum digest format";
  const std::string length = "invalid checksum digest length";
  const std::string algorithm = "unsupported digest algorithm";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", format},
      {"sha256", format},
      {"sha256:", format},
      {":" + empty_hex, format},
      {empty_hex, format},
      {"sha256:" + empty_hex.substr(1), length},
      {"sha256:" + empty_hex + "0", length},
      {"sha512:" + empty_hex, length},
      {"sha256:" + std::string(64, 'g'), format},
      {"sha256:" + std::string(64, 'A'), format},
      {"sha256:" + empty_hex.substr(0, 63) + " ", format},
      {"sha256:" + empty_hex.substr(0, 63) + '\0', format},
      {"SHA256:" + empty_hex, algorithm},
      {"md5:d41d8cd98f00b204e9800998ecf8427e", algorithm},
      {"sha384:" + std::string(96, 'a'), algorithm},
      {" sha256:" + empty_hex, algorithm},
  };
  for (const auto& [text, cause] : cases) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(Digest::is_valid(text));
    const std::string error = error_of([&] { Digest::parse(text); });
    EXPECT_TRUE(error.starts_with("invalid: digest '")) << error;
    EXPECT_TRUE(error.ends_with("': " + cause)) << error;
  }
}

TEST(Digest, ErrorsNeitherSteerNorFillATerminal) {
  EXPECT_EQ(error_of([] { Digest::parse("\x1b[2J\xff"); }),
            "invalid: digest '\\x1b[2J\\xff': invalid checksum digest format");
  EXPECT_LT(error_of([] { Digest::parse(std::string(1'000'000, 'x')); }).size(), 300U);
}

TEST(Digest, OfBytes) {
  EXPECT_EQ(Digest::of("").hex(), empty_hex);
  EXPECT_EQ(Digest::of("abc").str(), abc_sha256);
}

TEST(Digest, OrdersAndHashes) {
  const Digest a = Digest::of("a");
  const Digest b = Digest::of("b");
  EXPECT_NE(a, b);
  EXPECT_EQ(a < b, a.str() < b.str());
  const std::unordered_set<Digest> set = {a, b, a};
  EXPECT_EQ(set.size(), 2U);
  const std::unordered_set<DiffId> ids = {{a}, {b}, {b}};
  EXPECT_EQ(ids.size(), 2U);
}

TEST(Hasher, TakesBytesInAnyPieces) {
  Hasher hasher;
  hasher.update(as_bytes("a"));
  hasher.update(as_bytes(""));
  hasher.update(as_bytes("bc"));
  EXPECT_EQ(hasher.finish().str(), abc_sha256);

  Hasher large(DigestAlgorithm::sha512);
  large.update(as_bytes("abc"));
  EXPECT_EQ(large.finish().str(), abc_sha512);
}

TEST(Hasher, DigestsAMillionBytes) {
  // FIPS 180-2, appendix B.3.
  Hasher hasher;
  const std::string thousand(1000, 'a');
  for (int i = 0; i < 1000; ++i) {
    hasher.update(as_bytes(thousand));
  }
  EXPECT_EQ(hasher.finish().hex(), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Hasher, MovesAndFinishesOnce) {
  Hasher first;
  first.update(as_bytes("ab"));
  Hasher second = std::move(first);
  second.update(as_bytes("c"));
  EXPECT_EQ(second.finish().str(), abc_sha256);
  EXPECT_THROW(second.finish(), Error);
  EXPECT_THROW(second.update(as_bytes("d")), Error);
}

TEST(ChainId, OfOneLayerIsItsDiffId) {
  const DiffId layer{Digest::of("layer")};
  EXPECT_EQ(chain_id(std::vector{layer}).digest, layer.digest);
}

TEST(ChainId, FoldsUpwards) {
  // image-spec, config.md: ChainID(A|B|C) = Digest(ChainID(A|B) + " " + C).
  const DiffId a{Digest::of("a")};
  const DiffId b{Digest::of("b")};
  const DiffId c{Digest::of("c")};
  const Digest ab = Digest::of(a.digest.str() + " " + b.digest.str());
  const Digest abc = Digest::of(ab.str() + " " + c.digest.str());
  EXPECT_EQ(chain_id(std::vector{a, b}).digest, ab);
  EXPECT_EQ(chain_id(std::vector{a, b, c}).digest, abc);
  EXPECT_NE(chain_id(std::vector{b, a}), chain_id(std::vector{a, b}));
}

TEST(ChainId, NeedsALayer) {
  EXPECT_THROW(chain_id({}), Error);
}

}  // namespace
}  // namespace nacre::oci
