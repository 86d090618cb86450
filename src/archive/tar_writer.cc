#include "archive/tar_writer.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "archive/pax.h"
#include "archive/tar_header.h"
#include "base/error.h"
#include "oci/shown.h"

namespace nacre::archive {

namespace {

constexpr std::string_view ustar_magic(
    "ustar\0"
    "00",
    8);
constexpr TarBlock zero_block{};
constexpr std::uint32_t pax_header_mode = 0644;

bool is_ascii(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) { return static_cast<std::uint8_t>(c) < 0x80; });
}

// The largest number a field holds in octal, with the NUL that ustar wants at its end.
constexpr std::uint64_t octal_limit(TarField field) noexcept {
  return (std::uint64_t{1} << (3 * (field.length - 1))) - 1;
}

char type_of(MemberType type) noexcept {
  switch (type) {
    case MemberType::regular:
      return tar_type::regular;
    case MemberType::hard_link:
      return tar_type::hard_link;
    case MemberType::symlink:
      return tar_type::symlink;
    case MemberType::char_device:
      return tar_type::char_device;
    case MemberType::block_device:
      return tar_type::block_device;
    case MemberType::directory:
      return tar_type::directory;
    case MemberType::fifo:
      return tar_type::fifo;
  }
  return tar_type::regular;
}

// A path in ustar's two fields, joined by a slash that neither holds.
struct SplitPath {
  std::string_view prefix;
  std::string_view name;
};

std::optional<SplitPath> split_path(std::string_view path) noexcept {
  if (!is_ascii(path)) {
    return std::nullopt;
  }
  if (path.size() <= tar_field::name.length) {
    return SplitPath{{}, path};
  }
  // The last slash that leaves something for the name; a directory's trailing slash belongs to the name.
  const std::size_t last = std::min(path.size() - 2, tar_field::prefix.length);
  const std::size_t slash = path.rfind('/', last);
  if (slash == std::string_view::npos || slash == 0 || path.size() - slash - 1 > tar_field::name.length) {
    return std::nullopt;
  }
  return SplitPath{path.substr(0, slash), path.substr(slash + 1)};
}

// Builds one header block.
class BlockWriter {
 public:
  void set_text(TarField field, std::string_view text) noexcept {
    std::ranges::copy(text.substr(0, field.length), block_.begin() + static_cast<std::ptrdiff_t>(field.offset));
  }

  // A number that does not fit is written as 0: a PAX record says it then.
  void set_number(TarField field, std::uint64_t number) {
    set_text(field, fmt::format("{:0{}o}", number <= octal_limit(field) ? number : 0, field.length - 1));
  }

  // Last of all: the checksum covers everything else. Six digits, a NUL and a blank, as tar has always written it.
  const TarBlock& finish() {
    set_text(tar_field::magic, ustar_magic);
    set_text(tar_field::checksum, fmt::format("{:06o}", tar_checksums(block_).as_unsigned));
    block_[tar_field::checksum.offset + 7] = ' ';
    return block_;
  }

 private:
  TarBlock block_{};
};

void check_text(std::string_view what, std::string_view text) {
  if (text.find('\0') != std::string_view::npos) {
    throw Error(Code::invalid_argument, fmt::format("{} has a NUL byte", what));
  }
}

// The path as archives have it: a directory's ends with a slash.
std::string stored_path(const TarMember& member) {
  if (member.path.empty()) {
    throw Error(Code::invalid_argument, "the path is empty");
  }
  if (member.type == MemberType::directory) {
    return member.path.ends_with('/') ? member.path : member.path + '/';
  }
  if (member.path.ends_with('/')) {
    throw Error(Code::invalid_argument, "only a directory's path can end with a slash");
  }
  return member.path;
}

bool has_link_target(const TarMember& member) noexcept {
  return member.type == MemberType::hard_link || member.type == MemberType::symlink;
}

// What the header block cannot hold.
PaxRecords pax_records_of(const TarMember& member, const std::string& path) {
  PaxRecords records;
  const auto add_text = [&](std::string_view key, std::string_view text, std::size_t most) {
    check_text(key, text);
    if (text.size() > most || !is_ascii(text)) {
      records.emplace(key, text);
    }
  };
  const auto add_number = [&](std::string_view key, std::uint64_t number, TarField field) {
    if (number > octal_limit(field)) {
      records.emplace(key, fmt::format("{}", number));
    }
  };
  add_text(pax_key::path, path, split_path(path) ? path.size() : 0);
  if (has_link_target(member)) {
    add_text(pax_key::link_path, member.link_target, tar_field::link_target.length);
  }
  add_text(pax_key::user_name, member.user_name, tar_field::user_name.length - 1);
  add_text(pax_key::group_name, member.group_name, tar_field::group_name.length - 1);
  add_number(pax_key::uid, member.uid, tar_field::uid);
  add_number(pax_key::gid, member.gid, tar_field::gid);
  add_number(pax_key::size, member.type == MemberType::regular ? member.size : 0, tar_field::size);
  if (member.mtime.nanoseconds != 0 || member.mtime.seconds < 0 ||
      static_cast<std::uint64_t>(member.mtime.seconds) > octal_limit(tar_field::mtime)) {
    records.emplace(pax_key::mtime, format_pax_time(member.mtime));
  }
  for (const auto& [name, value] : member.xattrs) {
    check_text("the name of an extended attribute", name);
    if (name.empty() || name.find('=') != std::string::npos) {
      throw Error(Code::invalid_argument,
                  fmt::format("the extended attribute '{}' has no place in a tar archive", oci::shown(name)));
    }
    records.emplace(std::string(pax_key::schily_xattr) + name, value);
  }
  return records;
}

// "a/b/PaxHeaders.0/c" for "a/b/c": where a reader that knows no PAX puts the records.
std::string pax_header_path(std::string_view path) {
  while (path.ends_with('/')) {
    path.remove_suffix(1);
  }
  const std::size_t name = path.rfind('/') + 1;
  const std::string whole = fmt::format("{}PaxHeaders.0/{}", path.substr(0, name), path.substr(name));
  return split_path(whole) ? whole : std::string("PaxHeaders.0/long-name");
}

TarBlock header_block(const TarMember& member, const std::string& path) {
  BlockWriter block;
  if (const auto split = split_path(path)) {
    block.set_text(tar_field::prefix, split->prefix);
    block.set_text(tar_field::name, split->name);
  } else {
    // For readers that know no PAX. A slash at the cut would make a directory of it.
    std::string_view cut = std::string_view(path).substr(0, tar_field::name.length);
    while (cut.size() < path.size() && cut.ends_with('/')) {
      cut.remove_suffix(1);
    }
    block.set_text(tar_field::name, cut);
  }
  block.set_number(tar_field::mode, member.mode & 07777);
  block.set_number(tar_field::uid, member.uid);
  block.set_number(tar_field::gid, member.gid);
  block.set_number(tar_field::size, member.type == MemberType::regular ? member.size : 0);
  block.set_number(tar_field::mtime, static_cast<std::uint64_t>(std::max<std::int64_t>(member.mtime.seconds, 0)));
  block.set_text(tar_field::type, std::string(1, type_of(member.type)));
  if (has_link_target(member)) {
    block.set_text(tar_field::link_target, member.link_target);
  }
  block.set_text(tar_field::user_name, std::string_view(member.user_name).substr(0, tar_field::user_name.length - 1));
  block.set_text(tar_field::group_name,
                 std::string_view(member.group_name).substr(0, tar_field::group_name.length - 1));
  const bool is_device = member.type == MemberType::char_device || member.type == MemberType::block_device;
  block.set_number(tar_field::device_major, is_device ? member.device_major : 0);
  block.set_number(tar_field::device_minor, is_device ? member.device_minor : 0);
  return block.finish();
}

TarBlock pax_header_block(std::string_view path, std::size_t size) {
  const std::string header_path = pax_header_path(path);
  const SplitPath split = split_path(header_path).value();
  BlockWriter block;
  block.set_text(tar_field::prefix, split.prefix);
  block.set_text(tar_field::name, split.name);
  block.set_number(tar_field::mode, pax_header_mode);
  block.set_number(tar_field::uid, 0);
  block.set_number(tar_field::gid, 0);
  block.set_number(tar_field::size, size);
  block.set_number(tar_field::mtime, 0);
  block.set_text(tar_field::type, std::string(1, tar_type::pax_local));
  block.set_number(tar_field::device_major, 0);
  block.set_number(tar_field::device_minor, 0);
  return block.finish();
}

void check_device(const TarMember& member) {
  const bool is_device = member.type == MemberType::char_device || member.type == MemberType::block_device;
  if (is_device && std::max(member.device_major, member.device_minor) > octal_limit(tar_field::device_major)) {
    throw Error(Code::invalid_argument, fmt::format("device number {}:{} is too large for a tar archive",
                                                    member.device_major, member.device_minor));
  }
}

}  // namespace

void TarWriter::add(const TarMember& member) {
  check_nothing_owed();
  with_context([&] { return tar_context(member.path); },
               [&] {
                 const std::string path = stored_path(member);
                 check_device(member);
                 const PaxRecords records = pax_records_of(member, path);
                 std::string blocks;
                 if (!records.empty()) {
                   const std::string data = format_pax(records);
                   blocks += std::string_view(pax_header_block(path, data.size()).data(), tar_block_size);
                   blocks += data;
                   blocks.append(tar_padding(data.size()), '\0');
                 }
                 blocks += std::string_view(header_block(member, path).data(), tar_block_size);
                 put(as_bytes(blocks));
               });
  owed_ = member.type == MemberType::regular ? member.size : 0;
}

void TarWriter::write(Bytes data) {
  if (data.size() > owed_) {
    throw Error(Code::internal, fmt::format("tar: {} bytes too many for the member", data.size() - owed_));
  }
  put(data);
  owed_ -= data.size();
  if (owed_ == 0) {
    pad();
  }
}

void TarWriter::finish() {
  check_nothing_owed();
  put(std::as_bytes(std::span(zero_block)));
  put(std::as_bytes(std::span(zero_block)));
}

void TarWriter::add_file(const TarMember& member, std::string_view content) {
  TarMember sized = member;
  sized.size = content.size();
  add(sized);
  write(as_bytes(content));
}

void TarWriter::check_nothing_owed() const {
  if (owed_ != 0) {
    throw Error(Code::internal, fmt::format("tar: the last member lacks {} bytes", owed_));
  }
}

void TarWriter::pad() {
  put(std::as_bytes(std::span(zero_block)).first(tar_padding(position_)));
}

void TarWriter::put(Bytes bytes) {
  if (!bytes.empty()) {
    sink_.write(bytes);
    position_ += bytes.size();
  }
}

}  // namespace nacre::archive
