// What differs between two trees.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tree/file_tree.h"

namespace nacre::tree {

enum class ChangeKind { added, removed, modified };

struct Change {
  ChangeKind kind;
  std::string path;  // absolute
  // Of a modified path, of these: "type" (then alone), "mode", "owner", "size", "content", "mtime", "target", "xattrs",
  // "device".
  std::vector<std::string> aspects;
  std::optional<InodeId> before, after;
};

// Tells whether two regular files of equal size have the same bytes; called only when nothing cheaper decides.
using SameContent = std::function<bool(InodeId in_a, InodeId in_b)>;

// In path order, name by name ("/a/b" before "/a.txt"). A directory that is only in one tree is reported with
// everything below it, as are the entries of a directory that became something else, or was something else before. A
// change of a directory's mtime alone is not reported. The root is compared like any directory.
std::vector<Change> diff(const FileTree& a, const FileTree& b, const SameContent& same_content);

}  // namespace nacre::tree
