#include "image/import.h"

#include <charconv>
#include <cstdlib>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/file_reader.h"
#include "base/error.h"
#include "image/config_change.h"
#include "image/full_disk.h"
#include "image/import_download.h"
#include "image/new_image.h"
#include "net/url.h"
#include "oci/media_type.h"
#include "oci/shown.h"
#include "store/layer_ingest.h"

namespace nacre::image {

namespace {

// What the options come to, known before the first byte is read.
struct Plan {
  oci::Platform platform;
  oci::ContainerDefaults defaults;
  Timestamp created;
  std::string message;
  std::vector<oci::Reference> names;
};

// Source: reproducible-builds.org's specification of SOURCE_DATE_EPOCH.
Timestamp creation_time() {
  const char* const text = std::getenv("SOURCE_DATE_EPOCH");
  if (text == nullptr || *text == '\0') {
    return Timestamp::now();
  }
  const std::string_view epoch = text;
  Timestamp time;
  const auto [end, error] = std::from_chars(epoch.data(), epoch.data() + epoch.size(), time.seconds);
  // RFC 3339, in which the config has it, knows years of four digits only.
  constexpr std::int64_t year_10000 = 253'402'300'800;
  if (error != std::errc() || end != epoch.data() + epoch.size() || time.seconds < 0 || time.seconds >= year_10000) {
    throw Error(Code::invalid_argument,
                fmt::format("SOURCE_DATE_EPOCH '{}' is not a number of seconds since 1970", oci::shown(epoch)));
  }
  return time;
}

Plan make_plan(std::string_view source_name, const ImportOptions& options) {
  Plan plan{options.platform.value_or(oci::Platform::host()),
            apply_changes({}, options.changes),
            creation_time(),
            options.message,
            {}};
  if (plan.platform.os != "linux") {
    throw Error(Code::unsupported,
                fmt::format("import for {}: only images for linux are supported", plan.platform.str()));
  }
  if (plan.message.empty()) {
    plan.message = fmt::format("Imported from {}", oci::shown(source_name));
  }
  if (options.name) {
    if (options.name->digest()) {
      throw Error(Code::invalid_argument, "cannot import digest reference");
    }
    plan.names.push_back(options.name->with_default_tag());
  }
  return plan;
}

// How the manifest describes the layer. What has no media type of its own is described as the plain tar, and its
// compressed form forgotten.
oci::Descriptor describe_layer(store::IngestedLayer& layer) {
  const bool is_gzip = layer.compression == "gzip";
  if (!is_gzip && layer.compression != "zstd") {
    layer.blob.reset();
    layer.record.blobs.clear();
    return plain_layer_descriptor(layer.record);
  }
  return {.media_type = std::string(is_gzip ? oci::media_type::oci_layer_gzip : oci::media_type::oci_layer_zstd),
          .digest = layer.blob_digest,
          .size = layer.blob_size};
}

oci::ImageConfig make_config(const Plan& plan, const store::LayerRecord& layer) {
  return oci::ImageConfig::make({
      .created = plan.created,
      .author = {},
      .platform = plan.platform,
      .defaults = plan.defaults,
      .diff_ids = {layer.diff_id},
      .history = {{.created = plan.created, .created_by = {}, .author = {}, .comment = plan.message}},
      .docker_version = {},
      .comment = plan.message,
      .parent = {},
  });
}

oci::Digest import_stream(store::Store& store, archive::ByteSource& source, const Plan& plan,
                          const store::ByteProgress& progress, const CancelToken& cancel) {
  return giving_back_when_full(store, [&] {
    store::Lease lease = store.lease();
    store::IngestedLayer ingested = store::ingest_layer(lease.ingest_directory(), source, {}, cancel, progress);
    if (ingested.record.tar_size == 0) {
      throw Error(Code::corrupt, "the input is empty; expected the tar of a root file system");
    }
    const oci::Descriptor descriptor = describe_layer(ingested);
    const store::LayerRecord layer = store::commit_layer(lease, std::move(ingested));
    require_linked_files(store, lease, std::span(&layer.diff_id, 1), cancel);
    const auto config = make_config(plan, layer);
    const auto manifest = oci::Manifest::make(config_descriptor(config), {descriptor});
    lease.put_blob(as_bytes(config.raw()));
    lease.put_blob(as_bytes(manifest.raw()));
    lease.put_image(image_record(config, manifest, {layer}), manifest, plan.names);
    return config.digest();
  });
}

// A regular file that nobody has read from yet.
bool is_whole_file(const Fd& input) {
  struct stat info{};
  return ::fstat(input.get(), &info) == 0 && S_ISREG(info.st_mode) && ::lseek(input.get(), 0, SEEK_CUR) == 0;
}

}  // namespace

oci::Digest import_tar(store::Store& store, const Fd& input, std::string_view source_name, const ImportOptions& options,
                       const ImportProgress& progress, const CancelToken& cancel) {
  const Plan plan = make_plan(source_name, options);
  const bool is_file = is_whole_file(input);
  const std::uint64_t total = is_file ? file_size(input) : 0;
  const auto source = is_file ? archive::read_ahead_source(input, cancel) : archive::stream_source(input, cancel);
  return import_stream(
      store, *source, plan,
      [&](std::uint64_t done) {
        if (progress) {
          progress(done, total);
        }
      },
      cancel);
}

oci::Digest import_url(store::Store& store, const std::string& url, const ImportOptions& options,
                       const ImportProgress& progress, const CancelToken& cancel) {
  const Plan plan = make_plan(net::without_credentials(url), options);
  const auto download = open_download(url, cancel);
  return import_stream(
      store, *download, plan,
      [&](std::uint64_t done) {
        if (progress) {
          progress(done, download->total());
        }
      },
      cancel);
}

oci::Digest import_source(store::Store& store, const std::string& source, const ImportOptions& options,
                          const ImportProgress& progress, const CancelToken& cancel) {
  if (source.starts_with("http://") || source.starts_with("https://")) {
    return import_url(store, source, options, progress, cancel);
  }
  if (source == "-") {
    return import_tar(store, Fd::duplicate_of(STDIN_FILENO), "-", options, progress, cancel);
  }
  // The history of an image is no place for the paths of the host it was made on; docker says "-", too.
  return import_tar(store, open_file(source, O_RDONLY), "-", options, progress, cancel);
}

}  // namespace nacre::image
