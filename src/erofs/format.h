// The numbers of the on-disk format, as docs/formats/erofs.md lays them out. Internal to erofs/.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/bytes.h"
#include "tree/file_tree.h"

namespace nacre::erofs {

inline constexpr unsigned block_bits = 9;
inline constexpr std::uint64_t block_size = 1U << block_bits;
inline constexpr std::uint64_t inode_slot = 32;  // an inode starts at a multiple of it; its number is nid

// Our own header, in the bytes that EROFS leaves to boot loaders.
inline constexpr std::string_view header_magic = "nacreidx";
inline constexpr std::uint32_t header_version = 1;
inline constexpr std::uint64_t header_size = 32;

inline constexpr std::uint64_t superblock_offset = 1024;
inline constexpr std::uint64_t superblock_size = 128;
inline constexpr std::uint32_t superblock_magic = 0xE0F5E1E2;
inline constexpr std::uint32_t feature_compat = 0x1 | 0x2;    // SB_CHKSUM, MTIME
inline constexpr std::uint32_t feature_incompat = 0x4 | 0x8;  // CHUNKED_FILE, DEVICE_TABLE

inline constexpr std::uint64_t device_table_offset = 1536;
inline constexpr std::uint64_t device_slot_size = 128;
// Where the devices begin in the address space that flat inodes use, in blocks: 1 TiB is left to the image itself.
inline constexpr std::uint32_t first_mapped_block = 0x80000000;

inline constexpr std::uint64_t compact_inode_size = 32;
inline constexpr std::uint64_t extended_inode_size = 64;
enum class DataLayout : std::uint8_t { flat_plain = 0, flat_inline = 2, chunk_based = 4 };

inline constexpr std::uint16_t chunk_indexes = 0x20;  // chunk format: 8-byte indexes
inline constexpr unsigned max_chunk_bits = block_bits + 31;
inline constexpr std::uint64_t chunk_index_size = 8;
inline constexpr std::uint32_t hole_block = 0xffffffff;

inline constexpr std::uint64_t dirent_size = 12;

// The table behind the directories that tells read_image() where the bytes of chunk-based files really are.
inline constexpr std::uint64_t extent_record_size = 24;

// Xattrs that only a layer's own index has.
inline constexpr std::string_view opaque_xattr = "trusted.overlay.opaque";
inline constexpr std::string_view implicit_xattr = "trusted.nacre.implicit";
inline constexpr std::string_view link_xattr = "trusted.nacre.link";
inline constexpr std::string_view set_value = "y";

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}
constexpr std::uint64_t blocks_of(std::uint64_t bytes) {
  return bytes / block_size + (bytes % block_size != 0);
}

// What one device takes of the address space of flat inodes, and where; both in blocks.
struct DeviceMapping {
  std::uint64_t blocks = 0;
  std::uint32_t mapped_block = 0;  // 0: beyond what 32 bits address; its files are chunk-based
};

// The mappings of devices of these sizes, in blocks: one after the other.
std::vector<DeviceMapping> map_devices(std::span<const std::uint64_t> device_blocks);

// The CRC-32C (Castagnoli) of the superblock's block, as EROFS wants it: begun with all ones and not inverted at the
// end.
std::uint32_t superblock_checksum(Bytes block);

template <class Integer>
void append(std::string& out, Integer value) {
  const auto bits = static_cast<std::make_unsigned_t<Integer>>(value);
  for (std::size_t i = 0; i < sizeof(Integer); ++i) {
    out.push_back(static_cast<char>(static_cast<std::uint64_t>(bits) >> (8 * i)));
  }
}

// The little-endian integer at an offset that the caller has checked.
template <class Integer>
Integer load(Bytes bytes, std::uint64_t offset) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Integer); ++i) {
    value |= std::to_integer<std::uint64_t>(bytes[offset + i]) << (8 * i);
  }
  return static_cast<Integer>(value);
}

}  // namespace nacre::erofs
