#include "erofs/extent_table.h"

#include "erofs/superblock.h"

namespace nacre::erofs {

std::string encode_extents(std::uint64_t nid, const FileExtents& file) {
  std::string bytes;
  append(bytes, nid);
  append(bytes, static_cast<std::uint64_t>(file.extents.size()));
  append(bytes, std::uint32_t{file.device});
  append(bytes, static_cast<std::uint32_t>(file.sparse));
  for (const tree::Extent& extent : file.extents) {
    append(bytes, extent.file_offset);
    append(bytes, extent.length);
    append(bytes, extent.device_offset);
  }
  return bytes;
}

ExtentTable::ExtentTable(Bytes table, std::span<const DeviceMapping> devices) : table_(table), devices_(devices) {
  for (std::uint64_t at = 0; at < table.size();) {
    const std::uint64_t left = (table.size() - at) / extent_record_size;
    if (left == 0 || load<std::uint64_t>(table, at + 8) > left - 1) {
      throw_damaged("extent table");
    }
    records_.emplace(load<std::uint64_t>(table, at), at);
    at += extent_record_size * (1 + load<std::uint64_t>(table, at + 8));
  }
}

FileExtents ExtentTable::take(std::uint64_t nid, std::uint64_t file_size) {
  const auto found = records_.find(nid);
  if (found == records_.end()) {
    throw_damaged("extent table");
  }
  const std::uint64_t at = found->second;
  records_.erase(found);
  const auto count = load<std::uint64_t>(table_, at + 8);
  const auto device = load<std::uint32_t>(table_, at + 16);
  const auto sparse = load<std::uint32_t>(table_, at + 20);
  if (device >= devices_.size() || sparse > 1 || (sparse == 0 && count != 1)) {
    throw_damaged("extent table");
  }
  FileExtents file{static_cast<std::uint16_t>(device), static_cast<Sparse>(sparse), {}};
  const std::uint64_t device_size = devices_[device].blocks * block_size;
  std::uint64_t file_end = 0;
  for (std::uint64_t record = at + extent_record_size; file.extents.size() < count; record += extent_record_size) {
    const tree::Extent extent{load<std::uint64_t>(table_, record), load<std::uint64_t>(table_, record + 8),
                              load<std::uint64_t>(table_, record + 16)};
    if (extent.file_offset < file_end || extent.file_offset > file_size || extent.length == 0 ||
        extent.length > file_size - extent.file_offset || extent.device_offset > device_size ||
        extent.length > device_size - extent.device_offset) {
      throw_damaged("extent table");
    }
    file_end = extent.file_offset + extent.length;
    file.extents.push_back(extent);
  }
  const bool whole = file.extents.size() == 1 && file.extents[0].length == file_size;
  if (whole == (file.sparse == Sparse::yes)) {
    throw_damaged("extent table");
  }
  return file;
}

}  // namespace nacre::erofs
