// Image manifests and indexes, kept with the bytes they came in. Sources: OCI image-spec manifest.md and
// image-index.md, distribution's manifest-v2-2.md.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci/descriptor.h"

namespace nacre::oci {

// One image: a config and its layers, bottom first. Immutable once parsed; raw() is what push and save send.
class Manifest {
 public:
  // media_type: from the descriptor or header that led here; "" takes the document's own. Throws Error: corrupt for a
  // malformed document, unsupported for schema 1.
  static Manifest parse(std::string raw, std::string_view media_type = {});
  // A new OCI manifest (no whitespace, fields in the specification's order: the same input gives the same digest).
  static Manifest make(const Descriptor& config, const std::vector<Descriptor>& layers);

  const std::string& raw() const noexcept { return raw_; }
  const Digest& digest() const noexcept { return digest_; }
  const std::string& media_type() const noexcept { return media_type_; }
  const Descriptor& config() const noexcept { return config_; }
  const std::vector<Descriptor>& layers() const noexcept { return layers_; }
  const std::map<std::string, std::string>& annotations() const noexcept { return annotations_; }
  const std::optional<Descriptor>& subject() const noexcept { return subject_; }
  // An image that can run, rather than a signature, an attestation or another artifact.
  bool is_image() const noexcept;
  // The descriptor that leads to this manifest.
  Descriptor descriptor() const;

 private:
  explicit Manifest(Descriptor config, Digest digest) : digest_(std::move(digest)), config_(std::move(config)) {}
  std::string raw_;
  Digest digest_;
  std::string media_type_;
  Descriptor config_;
  std::vector<Descriptor> layers_;
  std::map<std::string, std::string> annotations_;
  std::optional<Descriptor> subject_;
};

// A list of manifests (or of further indexes).
class Index {
 public:
  static Index parse(std::string raw, std::string_view media_type = {});
  // A new OCI index.
  static Index make(const std::vector<Descriptor>& manifests);

  const std::string& raw() const noexcept { return raw_; }
  const Digest& digest() const noexcept { return digest_; }
  const std::string& media_type() const noexcept { return media_type_; }
  const std::vector<Descriptor>& manifests() const noexcept { return manifests_; }
  const std::map<std::string, std::string>& annotations() const noexcept { return annotations_; }

 private:
  explicit Index(Digest digest) : digest_(std::move(digest)) {}
  std::string raw_;
  Digest digest_;
  std::string media_type_;
  std::vector<Descriptor> manifests_;
  std::map<std::string, std::string> annotations_;
};

}  // namespace nacre::oci
