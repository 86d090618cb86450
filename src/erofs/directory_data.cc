#include "erofs/directory_data.h"

#include <algorithm>

#include "erofs/format.h"
#include "erofs/superblock.h"

namespace nacre::erofs {
namespace {

constexpr std::size_t max_name = 255;

std::uint16_t name_offset(Bytes block, std::uint64_t index) {
  return load<std::uint16_t>(block, index * dirent_size + 8);
}

void check_name(std::string_view name, const std::vector<Dirent>& before) {
  constexpr std::string_view forbidden("/\0", 2);
  if (name.empty() || name.size() > max_name || name.find_first_of(forbidden) != std::string_view::npos ||
      (!before.empty() && before.back().name >= name)) {
    throw_damaged("directory");
  }
}

}  // namespace

void read_directory_block(Bytes block, std::vector<Dirent>& dirents) {
  if (block.size() < dirent_size) {
    throw_damaged("directory");
  }
  const std::uint64_t names_begin = name_offset(block, 0);
  if (names_begin == 0 || names_begin % dirent_size != 0 || names_begin > block.size()) {
    throw_damaged("directory");
  }
  const std::uint64_t count = names_begin / dirent_size;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t begin = name_offset(block, i);
    const std::uint64_t end = i + 1 < count ? name_offset(block, i + 1) : block.size();
    if (begin < names_begin || end < begin || end > block.size()) {
      throw_damaged("directory");
    }
    std::string_view name = as_text(block.subspan(begin, end - begin));
    if (i + 1 == count) {
      name = name.substr(0, name.find('\0'));  // a block that is not full ends with zeros
    }
    check_name(name, dirents);
    dirents.push_back(
        {name, load<std::uint64_t>(block, i * dirent_size), load<std::uint8_t>(block, i * dirent_size + 10)});
  }
}

}  // namespace nacre::erofs
