#include "tree/member_inode.h"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "base/error.h"
#include "tree/member_path.h"

namespace nacre::tree {
namespace {

using archive::MemberType;
using archive::TarMember;

constexpr std::size_t max_xattr_name = 255;     // Linux: XATTR_NAME_MAX
constexpr std::size_t max_xattr_value = 65536;  // Linux: XATTR_SIZE_MAX
constexpr std::uint64_t max_offset = INT64_MAX;

InodeType inode_type(MemberType type) {
  switch (type) {
    case MemberType::regular:
      return InodeType::regular;
    case MemberType::symlink:
      return InodeType::symlink;
    case MemberType::char_device:
      return InodeType::char_device;
    case MemberType::block_device:
      return InodeType::block_device;
    case MemberType::directory:
      return InodeType::directory;
    case MemberType::fifo:
      return InodeType::fifo;
    case MemberType::hard_link:
      break;
  }
  throw Error(Code::internal, "a hard link has no inode of its own");
}

std::uint32_t owner_id(std::uint64_t id, std::string_view what) {
  if (id > UINT32_MAX) {
    throw Error(Code::corrupt, fmt::format("{} {} is above 4294967295", what, id));
  }
  return static_cast<std::uint32_t>(id);
}

bool is_kept_xattr(std::string_view name) {
  constexpr std::array<std::string_view, 3> forged{"trusted.overlay.", "user.overlay.", "trusted.nacre."};
  constexpr std::array<std::string_view, 3> prefixes{"user.", "trusted.", "security."};
  const auto begins_name = [&](std::string_view prefix) { return name.starts_with(prefix); };
  if (name == "system.posix_acl_access" || name == "system.posix_acl_default") {
    return true;
  }
  return std::ranges::any_of(prefixes,
                             [&](auto prefix) { return begins_name(prefix) && name.size() > prefix.size(); }) &&
         std::ranges::none_of(forged, begins_name);
}

std::vector<Xattr> xattrs_of(const TarMember& member) {
  std::vector<Xattr> xattrs;
  for (const auto& [name, value] : member.xattrs) {  // a map: sorted by name
    if (!is_kept_xattr(name)) {
      continue;
    }
    if (name.size() > max_xattr_name || name.find('\0') != std::string::npos) {
      throw Error(Code::corrupt, fmt::format("xattr name {} is not one that Linux takes", quoted(name)));
    }
    if (value.size() > max_xattr_value) {
      throw Error(Code::corrupt, fmt::format("xattr {} of {} bytes is larger than the {} that Linux takes",
                                             quoted(name), value.size(), max_xattr_value));
    }
    xattrs.push_back({name, value});
  }
  return xattrs;
}

// The runs without empty ones, neighbours joined, so that equal maps look equal.
std::vector<Extent> extents_of(const TarMember& member) {
  std::vector<Extent> extents;
  for (const archive::SparseRun& run : member.sparse) {
    if (run.length == 0) {
      continue;
    }
    if (run.data_offset > max_offset - run.length) {
      throw Error(Code::corrupt, "data beyond 2^63 bytes");
    }
    if (!extents.empty()) {
      Extent& last = extents.back();
      if (last.file_offset + last.length == run.file_offset && last.device_offset + last.length == run.data_offset) {
        last.length += run.length;
        continue;
      }
    }
    extents.push_back({run.file_offset, run.length, run.data_offset});
  }
  return extents;
}

void set_data(const TarMember& member, MemberInode& result) {
  if (member.size > max_offset || member.data_offset > max_offset - member.size) {
    throw Error(Code::corrupt, "data beyond 2^63 bytes");
  }
  result.inode.size = member.size;
  result.inode.data_offset = member.size == 0 ? 0 : member.data_offset;
  if (!member.is_sparse || member.size == 0) {
    return;
  }
  std::vector<Extent> extents = extents_of(member);
  if (extents.size() == 1 && extents[0].length == member.size) {
    result.inode.data_offset = extents[0].device_offset;
    return;
  }
  result.inode.data_offset = 0;
  result.extra.sparse = true;
  result.extra.extents = std::move(extents);
}

void set_symlink_target(const TarMember& member, MemberInode& result) {
  const std::string_view target = member.link_target;
  if (target.empty() || target.size() > max_path_length || target.find('\0') != std::string_view::npos) {
    throw Error(Code::corrupt, fmt::format("symlink target {} is not one that Linux takes", quoted(target)));
  }
  result.extra.target = target;
  result.inode.size = target.size();
}

void set_device(const TarMember& member, Inode& inode) {
  if (member.device_major > 0xfff || member.device_minor > 0xfffff) {
    throw Error(Code::corrupt,
                fmt::format("device number {}:{} is not one that Linux has", member.device_major, member.device_minor));
  }
  inode.device_major = member.device_major;
  inode.device_minor = member.device_minor;
}

}  // namespace

MemberInode inode_of(const TarMember& member) {
  MemberInode result{.inode = {.type = inode_type(member.type),
                               .mode = static_cast<std::uint16_t>(member.mode & 07777),
                               .uid = owner_id(member.uid, "user ID"),
                               .gid = owner_id(member.gid, "group ID"),
                               .mtime = member.mtime},
                     .extra = {.xattrs = xattrs_of(member)}};
  if (member.type == MemberType::regular) {
    set_data(member, result);
  } else if (member.type == MemberType::symlink) {
    set_symlink_target(member, result);
  } else if (member.type == MemberType::char_device || member.type == MemberType::block_device) {
    set_device(member, result.inode);
  }
  return result;
}

}  // namespace nacre::tree
