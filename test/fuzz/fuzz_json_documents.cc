// Manifests, indexes, image configs, descriptors and platforms: every document is tried as each of them.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"
#include "oci/descriptor.h"
#include "oci/image_config.h"
#include "oci/manifest.h"
#include "oci/platform.h"

namespace {

using namespace nacre::oci;

void check(bool holds) {
  if (!holds) {
    std::abort();
  }
}

// Runs body; refusing a document is fine, in no other way than these.
template <class Body>
void try_as(Body body) {
  try {
    body();
  } catch (const nacre::Error& error) {
    check(error.code() == nacre::Code::corrupt || error.code() == nacre::Code::unsupported);
    check(error.message().size() < 4096);
  }
}

void check_manifest(const std::string& text) {
  const Manifest manifest = Manifest::parse(text);
  check(manifest.raw() == text && manifest.digest() == Digest::of(text));
  check(manifest.descriptor().size == text.size());
  const Manifest made = Manifest::make(manifest.config(), manifest.layers());
  check(made.config() == manifest.config() && made.layers() == manifest.layers());
  check(made.is_image() == manifest.is_image());
}

void check_index(const std::string& text) {
  const Index index = Index::parse(text);
  check(index.raw() == text && index.digest() == Digest::of(text));
  check(Index::make(index.manifests()).manifests() == index.manifests());
}

void check_config(const std::string& text) {
  const ImageConfig config = ImageConfig::parse(text);
  check(config.raw() == text && config.digest() == Digest::of(text));
  const ImageConfig made = ImageConfig::make(config.fields());
  check(made.defaults() == config.defaults() && made.diff_ids() == config.diff_ids());
  check(made.history() == config.history() && made.platform() == config.platform());
  check(ImageConfig::make(made.fields()).raw() == made.raw());
}

void check_platform(const Json& json) {
  const Platform platform = Platform::from_json(json);
  check(platform.normalized() == platform.normalized().normalized());
  check(platform_distance(platform, platform) == 0);
  try {
    Platform::parse(platform.str());
  } catch (const nacre::Error& error) {
    check(error.code() == nacre::Code::invalid_argument);
  }
}

void check_text(const Json& json) {
  const OrderedJson ordered = OrderedJson::parse(json.dump());
  const std::string compact = to_go_json(ordered);
  check(parse_json(compact) == json);
  check(parse_json(to_go_json_indented(ordered, 4)) == json);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try_as([&] { check_manifest(text); });
  try_as([&] { check_index(text); });
  try_as([&] { check_config(text); });
  try_as([&] { Descriptor::from_json(parse_json(text)); });
  try_as([&] { check_platform(parse_json(text)); });
  try_as([&] { check_text(parse_json(text)); });
  return 0;
}
