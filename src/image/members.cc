#include "image/members.h"

#include <map>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "archive/compression.h"
#include "archive/tar_reader.h"
#include "base/error.h"
#include "image/stream_members.h"
#include "oci/json.h"

namespace nacre::image {

namespace {

[[noreturn]] void throw_missing(const std::string& path) {
  throw Error(Code::corrupt, fmt::format("the archive has no '{}'", path));
}

std::string read_document(archive::ByteSource& source, const std::string& path) {
  return with_context(path, [&] { return archive::read_all(source, oci::max_json_size); });
}

class DirectoryMembers : public Members {
 public:
  DirectoryMembers(const fs::path& directory, const MembersContext& context)
      : root_(open_file(directory, O_RDONLY | O_DIRECTORY)), ingest_(context.ingest) {}

  bool has(const std::string& path) const override { return try_open(path).has_value(); }

  std::string document(const std::string& path) override {
    const Fd file = open(path);
    const auto source = archive::file_source(file);
    return read_document(*source, path);
  }

  std::uint64_t size(const std::string& path) const override {
    const auto file = try_open(path);
    return file ? file_size(*file) : 0;
  }

  store::IngestedLayer layer(const std::string& path, const store::LayerExpectation& expected,
                             const CancelToken& cancel, const store::ByteProgress& progress) override {
    const Fd file = open(path);
    const auto source = archive::file_source(file, 0, UINT64_MAX, cancel);
    return store::ingest_layer(ingest_, *source, expected, cancel, progress);
  }

 private:
  std::optional<Fd> try_open(const std::string& path) const {
    try {
      Fd file = open_in_root(root_, path, O_RDONLY | O_NONBLOCK);
      struct stat info{};
      if (::fstat(file.get(), &info) == 0 && S_ISREG(info.st_mode)) {
        return file;
      }
      return std::nullopt;
    } catch (const Error& error) {
      if (error.code() == Code::not_found) {
        return std::nullopt;
      }
      throw;
    }
  }
  Fd open(const std::string& path) const {
    auto file = try_open(path);
    if (!file) {
      throw_missing(path);
    }
    return std::move(*file);
  }

  Fd root_;
  fs::path ingest_;
};

// A plain tar in a regular file: only the headers are read at first.
class TarFileMembers : public Members {
 public:
  TarFileMembers(Fd file, const MembersContext& context) : file_(std::move(file)), ingest_(context.ingest) {
    const auto source = archive::file_source(file_, 0, UINT64_MAX, context.cancel);
    archive::TarReader reader(*source);
    while (const auto member = reader.next()) {
      add(*member);
    }
  }

  bool has(const std::string& path) const override { return extents_.contains(path); }

  std::string document(const std::string& path) override {
    const auto source = open(path, {});
    return read_document(*source, path);
  }

  std::uint64_t size(const std::string& path) const override {
    const auto found = extents_.find(path);
    return found == extents_.end() ? 0 : found->second.size;
  }

  store::IngestedLayer layer(const std::string& path, const store::LayerExpectation& expected,
                             const CancelToken& cancel, const store::ByteProgress& progress) override {
    const auto source = open(path, cancel);
    return store::ingest_layer(ingest_, *source, expected, cancel, progress);
  }

 private:
  struct Extent {
    std::uint64_t offset;
    std::uint64_t size;
  };

  void add(const archive::TarMember& member) {
    const std::string path = archive_path(member.path);
    if (member.type == archive::MemberType::regular && !member.is_sparse) {
      extents_[path] = {member.data_offset, member.size};
    } else if (const auto target = link_target_path(member)) {
      // docker save writes a layer that occurs twice as a link to the first
      if (const auto found = extents_.find(*target); found != extents_.end()) {
        extents_[path] = found->second;
      }
    }
  }

  std::unique_ptr<archive::ByteSource> open(const std::string& path, const CancelToken& cancel) const {
    const auto found = extents_.find(path);
    if (found == extents_.end()) {
      throw_missing(path);
    }
    return archive::file_source(file_, found->second.offset, found->second.size, cancel);
  }

  Fd file_;
  fs::path ingest_;
  std::map<std::string, Extent> extents_;
};

bool is_plain_tar_file(const Fd& file) {
  struct stat info{};
  if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return false;
  }
  std::array<std::byte, 512> head{};
  const std::size_t n = read_up_to_at(file, head, 0);
  return archive::detect_compression(Bytes(head).first(n)) == archive::Compression::none;
}

}  // namespace

std::string archive_path(std::string_view written) {
  return fs::path(written).lexically_normal().relative_path().native();
}

std::optional<std::string> link_target_path(const archive::TarMember& member) {
  if (member.type == archive::MemberType::hard_link) {
    return archive_path(member.link_target);
  }
  if (member.type == archive::MemberType::symlink) {
    return archive_path((fs::path(archive_path(member.path)).parent_path() / member.link_target).native());
  }
  return std::nullopt;
}

std::unique_ptr<Members> open_directory_members(const fs::path& directory, const MembersContext& context) {
  return std::make_unique<DirectoryMembers>(directory, context);
}

std::unique_ptr<Members> open_archive_members(Fd file, const MembersContext& context) {
  if (is_plain_tar_file(file)) {
    return std::make_unique<TarFileMembers>(std::move(file), context);
  }
  return open_stream_members(std::move(file), context);
}

}  // namespace nacre::image
