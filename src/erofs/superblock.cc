#include "erofs/superblock.h"

#include <algorithm>
#include <string>

#include <fmt/core.h>

#include "base/error.h"

namespace nacre::erofs {
namespace {

void require(bool condition, std::string_view what) {
  if (!condition) {
    throw_damaged(what);
  }
}

std::vector<DeviceMapping> read_devices(Bytes image, std::uint64_t count) {
  require(count * device_slot_size <= image.size() - device_table_offset, "device table");
  std::vector<std::uint64_t> blocks;
  for (std::uint64_t i = 0; i < count; ++i) {
    blocks.push_back(load<std::uint32_t>(image, device_table_offset + i * device_slot_size + 64));
  }
  std::vector<DeviceMapping> devices = map_devices(blocks);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto mapped = load<std::uint32_t>(image, device_table_offset + i * device_slot_size + 68);
    require(mapped == devices[i].mapped_block, "device table");
  }
  return devices;
}

void check_block(Bytes block) {
  std::string copy(as_text(block));
  copy.replace(4, 4, 4, '\0');
  require(load<std::uint32_t>(block, 0) == superblock_magic, "superblock");
  require(load<std::uint32_t>(block, 4) == superblock_checksum(as_bytes(copy)), "superblock");
  require(load<std::uint32_t>(block, 8) == feature_compat && load<std::uint32_t>(block, 80) == feature_incompat &&
              load<std::uint8_t>(block, 12) == block_bits && load<std::uint8_t>(block, 13) == 0 &&
              load<std::uint16_t>(block, 88) == device_table_offset / device_slot_size,
          "superblock");
}

}  // namespace

void throw_damaged(std::string_view what) {
  throw Error(Code::corrupt, fmt::format("read index: damaged {}", what));
}

Superblock read_superblock(Bytes image) {
  if (image.size() < device_table_offset || image.size() % block_size != 0 ||
      as_text(image.first(header_magic.size())) != header_magic) {
    throw Error(Code::corrupt, "read index: not an index");
  }
  if (const auto version = load<std::uint32_t>(image, 8); version != header_version) {
    throw Error(Code::corrupt, fmt::format("read index: version {} is not known", version));
  }
  const Bytes block = image.subspan(superblock_offset, block_size);
  check_block(block);
  require(std::uint64_t{load<std::uint32_t>(block, 36)} * block_size == image.size(), "length");

  Superblock result;
  result.root_nid = load<std::uint16_t>(block, 14);
  result.inode_count = load<std::uint64_t>(block, 16);
  result.build_time = {load<std::int64_t>(block, 24), load<std::uint32_t>(block, 32)};
  result.nid_base = std::uint64_t{load<std::uint32_t>(block, 40)} * block_size;
  result.devices = read_devices(image, load<std::uint16_t>(block, 86));
  const auto table = load<std::uint64_t>(image, 16);
  const auto table_size = load<std::uint64_t>(image, 24);
  require(result.nid_base < image.size() && table <= image.size() && table_size <= image.size() - table, "superblock");
  result.extent_table = image.subspan(table, table_size);
  return result;
}

}  // namespace nacre::erofs
