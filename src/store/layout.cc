#include "store/layout.h"

namespace nacre::store {

namespace {

std::string_view algorithm_name(oci::DigestAlgorithm algorithm) {
  switch (algorithm) {
    case oci::DigestAlgorithm::sha256:
      return "sha256";
    case oci::DigestAlgorithm::sha512:
      return "sha512";
  }
  return {};
}

fs::path below(const fs::path& parent, const oci::Digest& digest) {
  return parent / algorithm_name(digest.algorithm()) / digest.hex();
}

}  // namespace

fs::path Layout::blob(const oci::Digest& digest) const {
  return below(blobs(), digest);
}

fs::path Layout::layer(const oci::DiffId& layer) const {
  return below(layers(), layer.digest);
}
fs::path Layout::layer_tar(const oci::DiffId& layer) const {
  return this->layer(layer) / "tar";
}
fs::path Layout::layer_index(const oci::DiffId& layer) const {
  return this->layer(layer) / "index";
}

fs::path Layout::chain(const oci::ChainId& chain) const {
  return below(chains(), chain.digest);
}
fs::path Layout::chain_index(const oci::ChainId& chain) const {
  return this->chain(chain) / "index";
}

fs::path Layout::chain_root(const oci::ChainId& chain) const {
  return this->chain(chain) / "root";
}

fs::path Layout::download(const oci::Digest& blob) const {
  return below(downloads(), blob);
}

fs::path Layout::lock(const oci::Digest& digest) const {
  return locks() / digest.hex();
}

}  // namespace nacre::store
