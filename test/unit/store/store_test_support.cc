#include "store_test_support.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include "archive/tar_writer.h"
#include "oci/media_type.h"
#include "test/support/streams.h"

namespace nacre::store::test {

namespace {

using nacre::test::StringSink;

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = 0xffffffffU;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1U) ^ (0xedb88320U & (0U - (crc & 1U)));
    }
  }
  return ~crc;
}

void put_little_endian(std::string& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) {
    out.push_back(static_cast<char>((value >> (8 * i)) & 0xffU));
  }
}

}  // namespace

fs::path scratch_parent() {
  const fs::path memory = "/dev/shm";
  return ::access(memory.c_str(), W_OK) == 0 ? memory : fs::temp_directory_path();
}

std::string make_tar(std::string_view content) {
  StringSink sink;
  archive::TarWriter writer(sink);
  archive::TarMember directory;
  directory.path = "etc/";
  directory.type = archive::MemberType::directory;
  directory.mode = 0755;
  writer.add(directory);
  archive::TarMember file;
  file.path = fmt::format("etc/{}", oci::Digest::of(content).short_id());
  file.mode = 0644;
  file.size = content.size();
  writer.add_file(file, content);
  writer.finish();
  return std::move(sink.text);
}

std::string gzip(std::string_view bytes) {
  std::string out("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", 10);
  std::string_view left = bytes;
  do {
    const std::string_view block = left.substr(0, 0xffff);
    left.remove_prefix(block.size());
    out.push_back(left.empty() ? '\x01' : '\x00');
    put_little_endian(out, static_cast<std::uint32_t>(block.size()), 2);
    put_little_endian(out, ~static_cast<std::uint32_t>(block.size()) & 0xffffU, 2);
    out += block;
  } while (!left.empty());
  put_little_endian(out, crc32(bytes), 4);
  put_little_endian(out, static_cast<std::uint32_t>(bytes.size()), 4);
  return out;
}

std::vector<oci::DiffId> TestImage::diff_ids() const {
  std::vector<oci::DiffId> ids;
  for (const std::string& tar : tars) {
    ids.push_back(oci::DiffId{oci::Digest::of(tar)});
  }
  return ids;
}

TestImage make_image(std::string_view name, const std::vector<std::string>& layer_contents, Packing packing) {
  TestImage image;
  std::vector<oci::Descriptor> layers;
  oci::ImageConfig::Fields fields;
  for (const std::string& content : layer_contents) {
    image.tars.push_back(make_tar(content));
    image.blobs.push_back(packing == Packing::gzip ? gzip(image.tars.back()) : image.tars.back());
    const auto type = packing == Packing::gzip ? oci::media_type::oci_layer_gzip : oci::media_type::oci_layer;
    layers.push_back({.media_type = std::string(type),
                      .digest = oci::Digest::of(image.blobs.back()),
                      .size = image.blobs.back().size(),
                      .urls = {},
                      .annotations = {},
                      .platform = {},
                      .artifact_type = {}});
  }
  fields.author = name;
  fields.platform = oci::Platform::host();
  fields.diff_ids = image.diff_ids();
  image.config = oci::ImageConfig::make(fields).raw();
  const oci::Descriptor config{.media_type = std::string(oci::media_type::oci_config),
                               .digest = image.id(),
                               .size = image.config.size(),
                               .urls = {},
                               .annotations = {},
                               .platform = {},
                               .artifact_type = {}};
  image.manifest = oci::Manifest::make(config, layers).raw();
  return image;
}

void load_content(Store& store, Lease& lease, const TestImage& image) {
  for (std::size_t i = 0; i < image.tars.size(); ++i) {
    const oci::DiffId diff_id{oci::Digest::of(image.tars[i])};
    const oci::Digest blob = oci::Digest::of(image.blobs[i]);
    const FileLock lock = store.lock_work(diff_id.digest);
    if (lease.hold_layer(diff_id) && lease.hold_blob(blob)) {
      continue;
    }
    const auto source = archive::memory_source(image.blobs[i]);
    commit_layer(lease, ingest_layer(lease.ingest_directory(), *source, {diff_id, blob}, CancelToken{}));
  }
  lease.put_blob(as_bytes(image.config));
  lease.put_blob(as_bytes(image.manifest));
}

ImageRecord load(Store& store, const TestImage& image, const LoadOptions& options) {
  Lease lease = store.lease();
  load_content(store, lease, image);
  if (options.index != nullptr) {
    lease.put_blob(as_bytes(options.index->raw()));
  }
  if (image.tars.size() > 1) {
    ensure_chain(store, lease, image.diff_ids(), CancelToken{});
  }
  const auto config = oci::ImageConfig::parse(image.config);
  const oci::Manifest manifest = image.parsed_manifest();
  const ImageRecord record{
      .id = image.id(),
      .manifest = manifest.digest(),
      .manifest_media_type = manifest.media_type(),
      .created = config.created(),
      .loaded = Timestamp::now(),
      .size = 0,
      .platform = config.platform(),
      .labels_json = "{}",
      .parent = options.parent,
      .layers = config.diff_ids(),
  };
  std::vector<oci::Reference> names;
  for (const std::string& name : options.names) {
    names.push_back(oci::Reference::parse(name));
  }
  lease.put_image(record, manifest, names, options.index);
  return record;
}

ContainerRecord make_container(std::string_view name, const oci::Digest& image) {
  return {
      .id = std::string(oci::Digest::of(name).hex()),
      .name = std::string(name),
      .image = image,
      .image_name = "test",
      .command = "\"sh\"",
      .created = Timestamp::now(),
      .state = "created",
      .exit_code = std::nullopt,
  };
}

std::vector<std::string> files_below(const fs::path& root) {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    std::string path = entry.path().lexically_relative(root).native();
    if (!entry.is_directory() && !path.starts_with("nacre.db") && !path.starts_with("locks/")) {
      files.push_back(std::move(path));
    }
  }
  std::ranges::sort(files);
  return files;
}

pid_t start_child(const std::function<void()>& body) {
  const pid_t child = ::fork();
  if (child != 0) {
    return child;
  }
  try {
    body();
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  } catch (const std::exception& error) {
    fmt::print(stderr, "child: {}\n", error.what());
    ::_exit(2);
  }
}

int wait_for_child(pid_t child) {
  int status = -1;
  ::waitpid(child, &status, 0);
  return status;
}

std::optional<int> run_as_nobody(const std::function<void()>& body) {
  if (::geteuid() != 0) {
    return std::nullopt;
  }
  return wait_for_child(start_child([&] {
    constexpr uid_t nobody = 65534;
    if (::setgid(nobody) != 0 || ::setuid(nobody) != 0) {
      ::_exit(3);
    }
    body();
  }));
}

}  // namespace nacre::store::test
