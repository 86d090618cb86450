// The inode that a member of a layer's tar describes. Internal to tree/.
#pragma once

#include "archive/tar_member.h"
#include "tree/file_tree.h"

namespace nacre::tree {

struct MemberInode {
  Inode inode;
  InodeExtra extra;  // target is a view into the member
};

// For every type but hard links. Throws Error (corrupt) for what no Linux file system can hold: ids above 32 bits,
// device numbers above 12 and 20 bits, empty or overlong symlink targets, overlong xattrs, data beyond 2^63.
//
// Of the xattrs those stay that Linux file systems have (user., trusted., security., system.posix_acl_*): tars made
// elsewhere bring others (com.apple.…), which an extracting tar cannot set either. trusted.overlay.*, user.overlay.*
// and trusted.nacre.* go too: they are commands to overlayfs and to us that an image has no business giving.
MemberInode inode_of(const archive::TarMember& member);

}  // namespace nacre::tree
