#include "image_test_support.h"

#include <fstream>
#include <random>
#include <sstream>

#include <bzlib.h>
#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <lzma.h>
#include <zstd.h>

#include "archive/tar_reader.h"
#include "archive/tar_writer.h"
#include "image/load.h"
#include "image/new_image.h"
#include "store/layer_ingest.h"
#include "test/support/streams.h"

namespace nacre::image::test {

namespace {

using nacre::test::StringSink;

class SilentObserver : public LoadObserver {
 public:
  void layer_progress(std::string_view, std::uint64_t, std::uint64_t) override {}
  void layer_done(std::string_view) override {}
  void name_moved(const MovedName&) override {}
  void image_loaded(const LoadedImage&) override {}
};

std::uint8_t* writable(std::string& text) {
  return reinterpret_cast<std::uint8_t*>(text.data());
}
const std::uint8_t* readable(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

}  // namespace

std::string make_tar(const std::map<std::string, std::string>& files) {
  StringSink sink;
  archive::TarWriter tar(sink);
  for (const auto& [path, content] : files) {
    archive::TarMember member;
    member.path = path;
    member.mode = 0644;
    tar.add_file(member, content);
  }
  tar.finish();
  return sink.text;
}

Member directory_member(std::string path, std::uint32_t mode) {
  Member member;
  member.header.path = std::move(path);
  member.header.type = archive::MemberType::directory;
  member.header.mode = mode;
  return member;
}

Member file_member(std::string path, std::string data, std::uint32_t mode) {
  Member member;
  member.header.path = std::move(path);
  member.header.mode = mode;
  member.header.size = data.size();
  member.data = std::move(data);
  return member;
}

Member link_member(std::string path, archive::MemberType type, std::string target) {
  Member member;
  member.header.path = std::move(path);
  member.header.type = type;
  member.header.mode = 0777;
  member.header.link_target = std::move(target);
  return member;
}

std::string tar_of(const std::vector<Member>& members) {
  StringSink sink;
  archive::TarWriter tar(sink);
  for (const auto& member : members) {
    tar.add(member.header);
    tar.write(as_bytes(member.data));
  }
  tar.finish();
  return sink.text;
}

std::string compress(std::string_view bytes, archive::Compression compression) {
  std::string out(bytes.size() * 2 + 4096, '\0');
  switch (compression) {
    case archive::Compression::none:
      return std::string(bytes);
    case archive::Compression::gzip: {
      isal_zstream stream;
      isal_deflate_stateless_init(&stream);
      stream.gzip_flag = IGZIP_GZIP;
      stream.end_of_stream = 1;
      stream.next_in = const_cast<std::uint8_t*>(readable(bytes));
      stream.avail_in = static_cast<std::uint32_t>(bytes.size());
      stream.next_out = writable(out);
      stream.avail_out = static_cast<std::uint32_t>(out.size());
      EXPECT_EQ(isal_deflate_stateless(&stream), COMP_OK);
      out.resize(stream.total_out);
      return out;
    }
    case archive::Compression::zstd:
      out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 1));
      return out;
    case archive::Compression::xz: {
      std::size_t length = 0;
      EXPECT_EQ(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, nullptr, readable(bytes), bytes.size(), writable(out),
                                        &length, out.size()),
                LZMA_OK);
      out.resize(length);
      return out;
    }
    case archive::Compression::bzip2: {
      auto length = static_cast<unsigned>(out.size());
      EXPECT_EQ(BZ2_bzBuffToBuffCompress(out.data(), &length, const_cast<char*>(bytes.data()),
                                         static_cast<unsigned>(bytes.size()), 1, 0, 0),
                BZ_OK);
      out.resize(length);
      return out;
    }
  }
  return {};
}

std::string noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string text(size, '\0');
  for (char& c : text) {
    c = static_cast<char>(random());
  }
  return text;
}

std::string slurp(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

void spill(const fs::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::vector<Member> read_members(const fs::path& tar) {
  const Fd file = open_file(tar, O_RDONLY);
  const auto source = archive::file_source(file);
  archive::TarReader reader(*source);
  std::vector<Member> members;
  while (auto header = reader.next()) {
    archive::MemberSource data(reader);
    members.push_back({std::move(*header), archive::read_all(data, 1 << 30)});
  }
  return members;
}

std::string data_of(const std::vector<Member>& members, const std::string& path) {
  for (const auto& member : members) {
    if (member.header.path == path) {
      return member.data;
    }
  }
  ADD_FAILURE() << "no member " << path;
  return {};
}

std::optional<Error> error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error;
  }
  return std::nullopt;
}

oci::Reference name(std::string_view text) {
  return oci::Reference::parse(text).with_default_tag();
}

TestImage created_at(std::int64_t seconds, std::vector<std::string> names) {
  TestImage image{.names = std::move(names)};
  image.config.created = Timestamp{seconds, 0};
  return image;
}

oci::Digest ImageTest::put(const TestImage& image) {
  store::Lease lease = store_.lease();
  std::vector<store::LayerRecord> layers;
  std::vector<oci::Descriptor> descriptors;
  oci::ImageConfig::Fields fields = image.config;
  for (const auto& tar : image.tars) {
    const oci::DiffId diff_id{oci::Digest::of(tar)};
    auto layer = lease.hold_layer(diff_id);
    if (!layer) {
      const auto source = archive::memory_source(tar);
      layer = store::commit_layer(lease, store::ingest_layer(lease.ingest_directory(), *source, {diff_id, {}}, {}));
    }
    fields.diff_ids.push_back(diff_id);
    descriptors.push_back(plain_layer_descriptor(*layer));
    layers.push_back(std::move(*layer));
  }
  if (fields.platform.os.empty()) {
    fields.platform = oci::Platform::host();
  }
  const auto config = oci::ImageConfig::make(fields);
  const auto manifest = oci::Manifest::make(config_descriptor(config), descriptors);
  lease.put_blob(as_bytes(config.raw()));
  lease.put_blob(as_bytes(manifest.raw()));
  std::vector<oci::Reference> names;
  for (const auto& text : image.names) {
    names.push_back(name(text));
  }
  auto record = image_record(config, manifest, layers);
  record.parent = image.parent;
  lease.put_image(record, manifest, names);
  return config.digest();
}

oci::Index ImageTest::put_index(const std::vector<oci::Digest>& images, const std::vector<std::string>& names) {
  std::vector<oci::Descriptor> children;
  for (const auto& id : images) {
    children.push_back(oci::Manifest::parse(store_.read_blob(record(id).manifest)).descriptor());
    children.back().platform = record(id).platform;
  }
  auto index = oci::Index::make(children);
  store::Lease lease = store_.lease();
  lease.put_blob(as_bytes(index.raw()));
  std::vector<oci::Reference> references;
  for (const auto& text : names) {
    references.push_back(name(text));
  }
  for (const auto& id : images) {
    EXPECT_TRUE(lease.hold_image(id));
    lease.put_image(record(id), oci::Manifest::parse(store_.read_blob(record(id).manifest)), references, &index);
  }
  return index;
}

store::ContainerRecord ImageTest::put_container(const oci::Digest& image, const std::string& state) {
  const std::string label = image.str() + state;
  store::ContainerRecord container{
      .id = std::string(oci::Digest::of(label).hex()),
      .name = state + "-" + image.short_id(),
      .image = image,
      .image_name = image.short_id(),
      .command = "\"sh\"",
      .created = Timestamp{1'700'000'000, 0},
      .state = state,
      .exit_code = state == "exited" ? std::optional(0) : std::nullopt,
  };
  store_.put_container(container);
  return container;
}

oci::Digest ImageTest::import(std::string_view tar, const std::string& name, ImportOptions options) {
  spill(directory() / "import.tar", tar);
  if (!name.empty()) {
    options.name = oci::Reference::parse(name);
  }
  return import_source(store_, directory() / "import.tar", options, {}, {});
}

store::Store ImageTest::load_elsewhere(const fs::path& archive) {
  auto other = store::Store::open(directory() / ("other-" + std::to_string(++other_stores_)));
  SilentObserver observer;
  if (fs::is_directory(archive)) {
    load_directory(other, archive, {}, observer, {});
  } else {
    load_archive(other, open_file(archive, O_RDONLY), {}, observer, {});
  }
  return other;
}

}  // namespace nacre::image::test
