#include "erofs/inode_codec.h"

#include "erofs/superblock.h"
#include "erofs/xattr_codec.h"

namespace nacre::erofs {
namespace {

using tree::Inode;
using tree::InodeType;

constexpr std::uint16_t type_mask = 0170000;

bool is_device(InodeType type) {
  return type == InodeType::char_device || type == InodeType::block_device;
}

std::uint16_t type_bits(InodeType type) {
  switch (type) {
    case InodeType::regular:
    case InodeType::link_below:
      return 0100000;
    case InodeType::directory:
      return 0040000;
    case InodeType::symlink:
      return 0120000;
    case InodeType::char_device:
    case InodeType::whiteout:
      return 0020000;
    case InodeType::block_device:
      return 0060000;
    case InodeType::fifo:
      return 0010000;
    case InodeType::socket:
      return 0140000;
  }
  return 0;
}

InodeType type_of(std::uint16_t mode) {
  switch (mode & type_mask) {
    case 0100000:
      return InodeType::regular;
    case 0040000:
      return InodeType::directory;
    case 0120000:
      return InodeType::symlink;
    case 0020000:
      return InodeType::char_device;
    case 0060000:
      return InodeType::block_device;
    case 0010000:
      return InodeType::fifo;
    case 0140000:
      return InodeType::socket;
    default:
      throw_damaged("inode");
  }
}

// i_u: Linux's new_encode_dev() for devices, where the data is for the others.
std::uint32_t location_of(const StoredInode& stored) {
  const Inode& inode = stored.inode;
  if (is_device(inode.type)) {
    return (inode.device_minor & 0xff) | inode.device_major << 8 | (inode.device_minor & ~0xffU) << 12;
  }
  return stored.location;
}

void set_type(StoredInode& stored, std::uint16_t mode) {
  Inode& inode = stored.inode;
  inode.type = type_of(mode);
  inode.mode = mode & 07777;
  if (is_device(inode.type)) {
    inode.device_major = (stored.location >> 8) & 0xfff;
    inode.device_minor = (stored.location & 0xff) | ((stored.location >> 12) & 0xfff00);
    if (inode.type == InodeType::char_device && stored.location == 0) {
      inode.type = InodeType::whiteout;
    }
  }
  if (inode.type == InodeType::regular || inode.type == InodeType::symlink) {
    inode.size = stored.size;
  } else if (inode.type != InodeType::directory && stored.size != 0) {
    throw_damaged("inode");
  }
}

void set_format(StoredInode& stored, std::uint16_t format) {
  stored.form = (format & 1) != 0 ? InodeForm::extended : InodeForm::compact;
  switch (format >> 1) {
    case static_cast<int>(DataLayout::flat_plain):
      stored.layout = DataLayout::flat_plain;
      break;
    case static_cast<int>(DataLayout::flat_inline):
      stored.layout = DataLayout::flat_inline;
      break;
    case static_cast<int>(DataLayout::chunk_based):
      stored.layout = DataLayout::chunk_based;
      break;
    default:
      throw_damaged("inode");
  }
}

}  // namespace

InodeForm form_of(const Inode& inode, std::uint64_t size, const Timestamp& build_time) {
  const bool fits = inode.mtime == build_time && inode.uid <= UINT16_MAX && inode.gid <= UINT16_MAX &&
                    inode.link_count <= UINT16_MAX && size <= UINT32_MAX;
  return fits ? InodeForm::compact : InodeForm::extended;
}

std::string encode_inode(const StoredInode& stored, std::uint32_t number) {
  const Inode& inode = stored.inode;
  const bool compact = stored.form == InodeForm::compact;
  std::string bytes;
  append(bytes, static_cast<std::uint16_t>((compact ? 0 : 1) | static_cast<int>(stored.layout) << 1));
  append(bytes, xattr_count(stored.xattr_size));
  append(bytes, static_cast<std::uint16_t>(type_bits(inode.type) | inode.mode));
  if (compact) {
    append(bytes, static_cast<std::uint16_t>(stored.link_count));
    append(bytes, static_cast<std::uint32_t>(stored.size));
    append(bytes, std::uint32_t{0});
    append(bytes, location_of(stored));
    append(bytes, number);
    append(bytes, static_cast<std::uint16_t>(inode.uid));
    append(bytes, static_cast<std::uint16_t>(inode.gid));
  } else {
    append(bytes, std::uint16_t{0});
    append(bytes, stored.size);
    append(bytes, location_of(stored));
    append(bytes, number);
    append(bytes, inode.uid);
    append(bytes, inode.gid);
    append(bytes, inode.mtime.seconds);
    append(bytes, inode.mtime.nanoseconds);
    append(bytes, stored.link_count);
  }
  bytes.resize(size_of(stored.form), '\0');
  return bytes;
}

StoredInode decode_inode(Bytes bytes, const Timestamp& build_time) {
  StoredInode stored;
  if (bytes.size() < compact_inode_size) {
    throw_damaged("inode");
  }
  set_format(stored, load<std::uint16_t>(bytes, 0));
  stored.head_size = size_of(stored.form);
  if (bytes.size() < stored.head_size) {
    throw_damaged("inode");
  }
  stored.xattr_size = xattr_body_size(load<std::uint16_t>(bytes, 2));
  stored.location = load<std::uint32_t>(bytes, 16);
  if (stored.form == InodeForm::compact) {
    stored.link_count = load<std::uint16_t>(bytes, 6);
    stored.size = load<std::uint32_t>(bytes, 8);
    stored.inode.uid = load<std::uint16_t>(bytes, 24);
    stored.inode.gid = load<std::uint16_t>(bytes, 26);
    stored.inode.mtime = build_time;
  } else {
    stored.size = load<std::uint64_t>(bytes, 8);
    stored.inode.uid = load<std::uint32_t>(bytes, 24);
    stored.inode.gid = load<std::uint32_t>(bytes, 28);
    stored.inode.mtime = {load<std::int64_t>(bytes, 32), load<std::uint32_t>(bytes, 40)};
    stored.link_count = load<std::uint32_t>(bytes, 44);
  }
  if (stored.inode.mtime.nanoseconds >= 1'000'000'000) {
    throw_damaged("inode");
  }
  set_type(stored, load<std::uint16_t>(bytes, 4));
  return stored;
}

std::uint8_t dirent_type(InodeType type) {
  switch (type) {
    case InodeType::regular:
    case InodeType::link_below:
      return 1;
    case InodeType::directory:
      return 2;
    case InodeType::char_device:
    case InodeType::whiteout:
      return 3;
    case InodeType::block_device:
      return 4;
    case InodeType::fifo:
      return 5;
    case InodeType::socket:
      return 6;
    case InodeType::symlink:
      return 7;
  }
  return 0;
}

}  // namespace nacre::erofs
