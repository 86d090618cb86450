#include "erofs/xattr_codec.h"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "base/error.h"
#include "erofs/format.h"

namespace nacre::erofs {
namespace {

constexpr std::uint64_t body_header_size = 12;
constexpr std::uint64_t entry_header_size = 4;
constexpr std::uint64_t max_body_size = body_header_size + 4 * (UINT16_MAX - std::uint64_t{1});

struct Prefix {
  std::uint8_t index;
  std::string_view text;
};
// The whole name of an ACL is its prefix.
constexpr std::array<Prefix, 5> prefixes{
    {{1, "user."}, {2, "system.posix_acl_access"}, {3, "system.posix_acl_default"}, {4, "trusted."}, {6, "security."}}};

const Prefix* prefix_of(std::string_view name) {
  const auto found = std::ranges::find_if(prefixes, [&](const Prefix& p) { return name.starts_with(p.text); });
  return found == prefixes.end() ? nullptr : &*found;
}

std::uint64_t entry_size(std::uint64_t name, std::uint64_t value) {
  return round_up(entry_header_size + name + value, 4);
}

void check(const tree::Xattr& xattr, const Prefix* prefix) {
  if (prefix == nullptr) {
    throw Error(Code::unsupported, fmt::format("xattr {}: EROFS has no such namespace", xattr.name));
  }
  if (xattr.name.size() - prefix->text.size() > UINT8_MAX || xattr.value.size() > UINT16_MAX) {
    throw Error(Code::unsupported,
                fmt::format("xattr {}: {} bytes are more than EROFS holds", xattr.name, xattr.value.size()));
  }
}

[[noreturn]] void fail_corrupt() {
  throw Error(Code::corrupt, "an xattr is damaged");
}

}  // namespace

std::vector<tree::Xattr> stored_xattrs(const tree::FileTree& tree, tree::InodeId id) {
  const auto own = tree.xattrs(id);
  std::vector<tree::Xattr> xattrs(own.begin(), own.end());
  const tree::Inode& inode = tree.inode(id);
  if (inode.type == tree::InodeType::link_below) {
    xattrs.push_back({std::string(link_xattr), std::string(tree.target(id))});
  } else if (inode.type == tree::InodeType::directory) {
    if (is_opaque(inode.directory_kind)) {
      xattrs.push_back({std::string(opaque_xattr), std::string(set_value)});
    }
    if (is_implicit(inode.directory_kind)) {
      xattrs.push_back({std::string(implicit_xattr), std::string(set_value)});
    }
  }
  std::ranges::sort(xattrs);
  return xattrs;
}

std::uint64_t encoded_xattrs_size(std::span<const tree::Xattr> xattrs) {
  if (xattrs.empty()) {
    return 0;
  }
  std::uint64_t size = body_header_size;
  for (const tree::Xattr& xattr : xattrs) {
    const Prefix* prefix = prefix_of(xattr.name);
    check(xattr, prefix);
    size += entry_size(xattr.name.size() - prefix->text.size(), xattr.value.size());
  }
  if (size > max_body_size) {
    throw Error(Code::unsupported, fmt::format("{} bytes of xattrs on one file are more than EROFS holds", size));
  }
  return size;
}

std::string encode_xattrs(std::span<const tree::Xattr> xattrs) {
  const std::uint64_t size = encoded_xattrs_size(xattrs);
  std::string body(size == 0 ? 0 : body_header_size, '\0');  // no name filter, no shared xattrs
  body.reserve(size);
  for (const tree::Xattr& xattr : xattrs) {
    const Prefix* prefix = prefix_of(xattr.name);
    const std::string_view name = std::string_view(xattr.name).substr(prefix->text.size());
    append(body, static_cast<std::uint8_t>(name.size()));
    append(body, prefix->index);
    append(body, static_cast<std::uint16_t>(xattr.value.size()));
    body.append(name).append(xattr.value);
    body.resize(round_up(body.size(), 4));
  }
  return body;
}

std::vector<tree::Xattr> decode_xattrs(Bytes body) {
  std::vector<tree::Xattr> xattrs;
  if (body.empty()) {
    return xattrs;
  }
  if (body.size() <= body_header_size || load<std::uint64_t>(body, 0) != 0 || load<std::uint32_t>(body, 8) != 0) {
    fail_corrupt();
  }
  for (std::uint64_t at = body_header_size; at < body.size();) {
    const auto name_size = load<std::uint8_t>(body, at);
    const auto index = load<std::uint8_t>(body, at + 1);
    const auto value_size = load<std::uint16_t>(body, at + 2);
    const std::uint64_t size = entry_size(name_size, value_size);
    const auto prefix = std::ranges::find(prefixes, index, &Prefix::index);
    if (size > body.size() - at || prefix == prefixes.end()) {
      fail_corrupt();
    }
    const std::string_view text = as_text(body.subspan(at + entry_header_size, std::size_t{name_size} + value_size));
    tree::Xattr& xattr = xattrs.emplace_back();
    xattr.name.append(prefix->text).append(text.substr(0, name_size));
    xattr.value = text.substr(name_size);
    if (xattr.name.find('\0') != std::string::npos ||
        (xattrs.size() > 1 && xattrs[xattrs.size() - 2].name >= xattr.name)) {
      fail_corrupt();
    }
    at += size;
  }
  return xattrs;
}

std::uint16_t xattr_count(std::uint64_t body_size) {
  return body_size == 0 ? std::uint16_t{0} : static_cast<std::uint16_t>((body_size - body_header_size) / 4 + 1);
}

std::uint64_t xattr_body_size(std::uint16_t count) {
  return count == 0 ? 0 : body_header_size + 4 * (std::uint64_t{count} - 1);
}

}  // namespace nacre::erofs
