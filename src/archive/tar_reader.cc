#include "archive/tar_reader.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "archive/pax.h"
#include "archive/tar_header.h"
#include "archive/tar_sparse.h"
#include "base/error.h"

namespace nacre::archive {

namespace {

[[noreturn]] void throw_truncated() {
  throw Error(Code::corrupt, "unexpected end of data");
}

// The file type a header block means, once the path is final.
MemberType member_type_of(const TarHeader& header, std::string_view path) {
  switch (header.type) {
    case tar_type::hard_link:
      return MemberType::hard_link;
    case tar_type::symlink:
      return MemberType::symlink;
    case tar_type::char_device:
      return MemberType::char_device;
    case tar_type::block_device:
      return MemberType::block_device;
    case tar_type::directory:
    case tar_type::gnu_dump_directory:
      return MemberType::directory;
    case tar_type::fifo:
      return MemberType::fifo;
    // Before there was a type for directories, a slash at the end of the name made one.
    case tar_type::old_regular:
      return path.ends_with('/') ? MemberType::directory : MemberType::regular;
    case tar_type::regular:
      return header.dialect == TarDialect::v7 && header.size == 0 && path.ends_with('/') ? MemberType::directory
                                                                                         : MemberType::regular;
    default:
      return MemberType::regular;  // POSIX: a type that the reader does not know is a regular file
  }
}

// What is true of every member that follows. Names and sizes belong to one member each, and attributes of the size of a
// header, copied to every member, would let a small archive fill the memory.
PaxRecords without_member_records(PaxRecords records) {
  std::erase_if(records, [](const auto& record) {
    const std::string_view key = record.first;
    return key != pax_key::uid && key != pax_key::gid && key != pax_key::user_name && key != pax_key::group_name &&
           key != pax_key::mtime;
  });
  return records;
}

}  // namespace

// What the extended headers say of the member that follows them.
struct TarReader::Extensions {
  PaxRecords records;
  std::string long_path;
  std::string long_link;
  bool pending = false;
};

std::optional<TarMember> TarReader::next() {
  if (ended_) {
    return std::nullopt;
  }
  skip_data();
  // The padding after the last member may be missing, which loses nothing.
  if (reader_.skip(padding_) < padding_) {
    ended_ = true;
    return std::nullopt;
  }
  padding_ = 0;
  Extensions extensions;
  for (auto header = read_header(); header; header = read_header()) {
    path_ = header->path;
    std::optional<TarMember> member;
    with_context([&] { return tar_context(path_); },
                 [&] {
                   if (!take_extension(*header, extensions)) {
                     member = make_member(*header, extensions);
                   }
                 });
    if (member) {
      return member;
    }
  }
  ended_ = true;
  if (extensions.pending) {
    throw Error(Code::corrupt, "tar: unexpected end of data: an extended header, then no member");
  }
  return std::nullopt;
}

Chunk TarReader::next_data() {
  if (data_left_ == 0) {
    return {};
  }
  constexpr std::uint64_t most = std::numeric_limits<std::size_t>::max();
  Chunk chunk = reader_.take(static_cast<std::size_t>(std::min(data_left_, most)));
  if (chunk.empty()) {
    with_context(tar_context(path_), throw_truncated);
  }
  data_left_ -= chunk.bytes.size();
  return chunk;
}

void TarReader::drain() {
  reader_.skip(std::numeric_limits<std::uint64_t>::max());
  data_left_ = 0;
  ended_ = true;
}

void TarReader::skip_data() {
  if (reader_.skip(data_left_) < data_left_) {
    with_context(tar_context(path_), throw_truncated);
  }
  data_left_ = 0;
}

std::optional<TarHeader> TarReader::read_header() {
  const std::uint64_t position = reader_.position();
  const auto read_block = [&](TarBlock& block) {
    const std::size_t length = reader_.read(std::as_writable_bytes(std::span(block)));
    if (length != 0 && length < block.size()) {
      throw Error(Code::corrupt, fmt::format("tar: header at byte {}: unexpected end of data", position));
    }
    return length != 0;
  };
  TarBlock block;
  if (!read_block(block)) {
    return std::nullopt;
  }
  if (is_zero(block)) {
    // Two zero blocks end the archive; so does one with nothing behind it.
    if (read_block(block) && !is_zero(block)) {
      throw Error(Code::corrupt,
                  fmt::format("tar: header at byte {}: a single zero block inside the archive", position));
    }
    return std::nullopt;
  }
  return parse_tar_header(block, position);
}

bool TarReader::take_extension(const TarHeader& header, Extensions& extensions) {
  switch (header.type) {
    case tar_type::pax_local:
    case tar_type::pax_solaris:
      extensions.records = parse_pax(read_extension(header));
      extensions.pending = true;
      return true;
    case tar_type::pax_global:
      for (auto& [key, value] : without_member_records(parse_pax(read_extension(header)))) {
        global_.insert_or_assign(key, value);
      }
      return true;
    case tar_type::gnu_long_name:
      extensions.long_path = text_of(read_extension(header));
      extensions.pending = true;
      return true;
    case tar_type::gnu_long_link:
      extensions.long_link = text_of(read_extension(header));
      extensions.pending = true;
      return true;
    case tar_type::gnu_volume_label:
      data_left_ = header.size;
      skip_data();
      reader_.skip(tar_padding(header.size));
      return true;
    case tar_type::gnu_continued:
      throw Error(Code::unsupported, "it goes on from another volume; join the volumes to one archive first");
    default:
      return false;
  }
}

std::string TarReader::read_extension(const TarHeader& header) {
  if (header.size > limits_.max_extended_header) {
    throw Error(Code::corrupt, fmt::format("an extended header of {} bytes is beyond the limit of {}", header.size,
                                           limits_.max_extended_header));
  }
  std::string data(static_cast<std::size_t>(header.size), '\0');
  if (reader_.read(std::as_writable_bytes(std::span(data))) < data.size()) {
    throw_truncated();
  }
  reader_.skip(tar_padding(header.size));
  return data;
}

TarMember TarReader::make_member(const TarHeader& header, const Extensions& extensions) {
  TarMember member;
  member.path = header.path;
  member.link_target = header.link_target;
  member.mode = header.mode;
  member.uid = header.uid;
  member.gid = header.gid;
  member.user_name = header.user_name;
  member.group_name = header.group_name;
  member.mtime.seconds = header.mtime;
  member.device_major = header.device_major;
  member.device_minor = header.device_minor;
  apply_pax(global_, member);
  apply_pax(extensions.records, member);
  if (!extensions.long_path.empty()) {
    member.path = extensions.long_path;
  }
  if (!extensions.long_link.empty()) {
    member.link_target = extensions.long_link;
  }
  if (const auto name = find_record(extensions.records, pax_key::sparse_name)) {
    member.path = *name;
  }
  path_ = member.path;
  check_lengths(member);
  member.type = member_type_of(header, member.path);
  find_data(header, extensions.records, member);
  return member;
}

void TarReader::check_lengths(const TarMember& member) const {
  if (member.path.size() > limits_.max_path || member.link_target.size() > limits_.max_path) {
    throw Error(Code::corrupt,
                fmt::format("{} is longer than {} bytes",
                            member.path.size() > limits_.max_path ? "path" : "link target", limits_.max_path));
  }
}

void TarReader::find_data(const TarHeader& header, const PaxRecords& records, TarMember& member) {
  std::uint64_t stored = header.size;
  if (const auto size = find_record(records, pax_key::size)) {
    stored = not_negative(parse_decimal(*size), pax_key::size);
  }
  const PaxSparseFormat pax_format = pax_sparse_format(records);
  member.is_sparse = header.type == tar_type::gnu_sparse || pax_format != PaxSparseFormat::none;
  if (member.type != MemberType::regular) {
    if (member.is_sparse) {
      throw Error(Code::corrupt, "it is sparse, but no regular file");
    }
    member.data_offset = reader_.position();
    // Whatever their size field says, these have no data, but for GNU's list of what a directory had in it.
    if (header.type == tar_type::gnu_dump_directory) {
      data_left_ = stored;
      skip_data();
      padding_ = tar_padding(stored);
    }
    return;
  }
  data_left_ = stored;
  padding_ = tar_padding(stored);
  member.size = stored;
  if (member.is_sparse) {
    find_runs(header, records, pax_format, member);
  }
  member.data_offset = reader_.position();
  member.stored_size = data_left_;
  if (member.is_sparse) {
    place_runs(member.sparse, member.size, member.data_offset, member.stored_size);
  }
}

void TarReader::find_runs(const TarHeader& header, const PaxRecords& records, PaxSparseFormat format,
                          TarMember& member) {
  if (format == PaxSparseFormat::none) {
    if (header.dialect != TarDialect::gnu) {
      throw Error(Code::corrupt, "a GNU sparse member outside of a GNU archive");
    }
    member.size = not_negative(parse_tar_number(field_of(header.block, tar_field::gnu_real_size)), "real size");
    member.sparse = read_old_gnu_map(header.block, reader_, limits_.max_sparse_runs);
    return;
  }
  auto real_size = find_record(records, pax_key::sparse_size);
  if (!real_size) {
    real_size = find_record(records, pax_key::sparse_real_size);
  }
  if (real_size) {
    member.size = not_negative(parse_decimal(*real_size), "real size");
  }
  member.sparse = format == PaxSparseFormat::map_in_records
                      ? parse_pax_map(records, limits_.max_sparse_runs)
                      : read_map_in_data(reader_, data_left_, limits_.max_sparse_runs);
}

}  // namespace nacre::archive
