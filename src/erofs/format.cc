#include "erofs/format.h"

namespace nacre::erofs {

std::vector<DeviceMapping> map_devices(std::span<const std::uint64_t> device_blocks) {
  std::vector<DeviceMapping> mappings;
  std::uint64_t next = first_mapped_block;
  for (const std::uint64_t blocks : device_blocks) {
    DeviceMapping& mapping = mappings.emplace_back();
    mapping.blocks = blocks;
    if (blocks < UINT32_MAX - next) {
      mapping.mapped_block = static_cast<std::uint32_t>(next);
      next += blocks;
    }
  }
  return mappings;
}

std::uint32_t superblock_checksum(Bytes block) {
  constexpr std::uint32_t reversed_polynomial = 0x82f63b78;
  std::uint32_t crc = UINT32_MAX;
  for (const std::byte byte : block) {
    crc ^= std::to_integer<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? reversed_polynomial : 0);
    }
  }
  return crc;
}

}  // namespace nacre::erofs
