// Tar members written short, and trees written as text, for the tests of tree/ and erofs/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>

#include "archive/tar_member.h"
#include "tree/layer_tree.h"

namespace nacre::tree {

inline archive::TarMember member(archive::MemberType type, std::string_view path) {
  archive::TarMember result;
  result.type = type;
  result.path = path;
  result.mode = type == archive::MemberType::directory ? 0755 : 0644;
  return result;
}
inline archive::TarMember dir(std::string_view path, std::uint32_t mode = 0755) {
  auto result = member(archive::MemberType::directory, path);
  result.mode = mode;
  return result;
}
// offset tells files apart.
inline archive::TarMember file(std::string_view path, std::uint64_t size = 0, std::uint64_t offset = 0) {
  auto result = member(archive::MemberType::regular, path);
  result.size = result.stored_size = size;
  result.data_offset = offset;
  return result;
}
inline archive::TarMember symlink(std::string_view path, std::string_view target) {
  auto result = member(archive::MemberType::symlink, path);
  result.link_target = target;
  return result;
}
inline archive::TarMember hard_link(std::string_view path, std::string_view target) {
  auto result = member(archive::MemberType::hard_link, path);
  result.link_target = target;
  return result;
}
inline archive::TarMember device(std::string_view path, std::uint32_t major, std::uint32_t minor) {
  auto result = member(archive::MemberType::char_device, path);
  result.device_major = major;
  result.device_minor = minor;
  return result;
}

inline FileTree build(const std::vector<archive::TarMember>& members) {
  LayerTreeBuilder builder;
  for (const archive::TarMember& each : members) {
    builder.add(each);
  }
  return builder.finish();
}

inline std::string describe_inode(const FileTree& tree, InodeId id) {
  const Inode& inode = tree.inode(id);
  switch (inode.type) {
    case InodeType::regular:
      return inode.size == 0 ? "file" : fmt::format("file {}@{}:{}", inode.size, inode.device, inode.data_offset);
    case InodeType::directory:
      switch (inode.directory_kind) {
        case DirectoryKind::normal:
          return fmt::format("dir {:o}", inode.mode);
        case DirectoryKind::opaque:
          return fmt::format("opaque {:o}", inode.mode);
        case DirectoryKind::implicit:
          return "implicit";
        case DirectoryKind::implicit_opaque:
          return "implicit opaque";
      }
      break;
    case InodeType::symlink:
      return fmt::format("-> {}", tree.target(id));
    case InodeType::char_device:
      return fmt::format("char {}:{}", inode.device_major, inode.device_minor);
    case InodeType::block_device:
      return fmt::format("block {}:{}", inode.device_major, inode.device_minor);
    case InodeType::fifo:
      return "fifo";
    case InodeType::socket:
      return "socket";
    case InodeType::whiteout:
      return "whiteout";
    case InodeType::link_below:
      return fmt::format("link below {}", tree.target(id));
  }
  return "?";
}

// "/a dir 755", "/a/b file 5@0:512", … in the order of a walk; a link count above what is usual is added.
inline std::vector<std::string> describe(const FileTree& tree) {
  std::vector<std::string> lines;
  std::vector<std::pair<std::string, InodeId>> waiting{{"", root_inode}};
  while (!waiting.empty()) {
    const auto [path, id] = waiting.back();
    waiting.pop_back();
    const Inode& inode = tree.inode(id);
    const bool linked = inode.type != InodeType::directory && inode.link_count > 1;
    lines.push_back(fmt::format("{} {}{}", path.empty() ? "/" : path, describe_inode(tree, id),
                                linked ? fmt::format(" x{}", inode.link_count) : ""));
    const auto entries = tree.entries(id);
    for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
      waiting.emplace_back(fmt::format("{}/{}", path, entry->name), entry->inode);
    }
  }
  return lines;
}

}  // namespace nacre::tree
