// The extended attributes behind an inode. Internal to erofs/.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "tree/file_tree.h"

namespace nacre::erofs {

// The inode's attributes with those that stand for what only a layer's tree can say (opaque, implicit, link below).
std::vector<tree::Xattr> stored_xattrs(const tree::FileTree& tree, tree::InodeId id);

// The inline xattr body: "" when there are none, otherwise a multiple of 4 bytes. Throws Error (unsupported) for a name
// outside user., trusted., security. and system.posix_acl_*, and for more than the format holds.
std::string encode_xattrs(std::span<const tree::Xattr> xattrs);
std::uint64_t encoded_xattrs_size(std::span<const tree::Xattr> xattrs);

// The attributes of a body that encode_xattrs() wrote; throws Error (corrupt) for anything else.
std::vector<tree::Xattr> decode_xattrs(Bytes body);

// The inode's i_xattr_icount for a body of this size, and back.
std::uint16_t xattr_count(std::uint64_t body_size);
std::uint64_t xattr_body_size(std::uint16_t count);

}  // namespace nacre::erofs
