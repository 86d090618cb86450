#include "tree/layer_tree.h"

#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "base/error.h"
#include "tree/member_inode.h"
#include "tree/member_path.h"
#include "tree/path_walk.h"
#include "tree/tree_editor.h"

namespace nacre::tree {
namespace {

using archive::MemberType;
using archive::TarMember;
using Walk = PathWalk<TreeEditor>;

constexpr std::string_view whiteout_prefix = ".wh.";
constexpr std::string_view opaque_marker = ".wh..wh..opq";
// Names that aufs kept its own things under. Hard links of old images have their targets in `.wh..wh.plnk`, so these
// members are kept until all is read, and left out of the tree.
constexpr std::string_view aufs_prefix = ".wh..wh.";

struct Place {
  InodeId directory;
  std::string_view name;
};

// The directory part and the last name of a cleaned path that is not the root.
std::pair<std::string_view, std::string_view> split(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) {
    return {"", path};
  }
  return {path.substr(0, slash), path.substr(slash + 1)};
}

bool passes_whiteout(std::string_view directory) {
  for (std::size_t begin = 0; begin < directory.size();) {
    const std::size_t end = std::min(directory.find('/', begin), directory.size());
    const std::string_view name = directory.substr(begin, end - begin);
    if (name.starts_with(whiteout_prefix) && !name.starts_with(aufs_prefix)) {
      return true;
    }
    begin = end + 1;
  }
  return false;
}

DirectoryKind opaque(DirectoryKind kind) {
  return is_implicit(kind) ? DirectoryKind::implicit_opaque : DirectoryKind::opaque;
}

}  // namespace

struct LayerTreeBuilder::Impl {
  explicit Impl(std::uint64_t max_memory) : editor_(max_memory) {}
  void add(const TarMember& member);
  FileTree finish();

 private:
  InodeId parent_at(std::string_view path);
  InodeId directory_at(std::string_view path);
  void link(const Place& place, InodeId inode);
  void forget_last_parent();
  InodeId make_implicit(InodeId directory, std::string_view name);
  void check_length(InodeId directory, std::string_view name) const;
  void add_directory(const Place& place, const TarMember& member);
  void add_hard_link(const Place& place, const TarMember& member);
  void add_marker(const Place& place);
  void white_out(InodeId directory, std::string_view name);
  void note_directory(InodeId made, InodeId parent, std::string_view name);

  TreeEditor editor_;
  std::vector<std::uint16_t> path_lengths_{0};  // of directories, by InodeId, with the leading slash; bounds the depth
  std::vector<Place> whiteouts_;
  std::vector<Place> aufs_entries_;
  // Where the last member's directory was: the next member's is the same most of the time.
  std::string last_parent_path_;
  InodeId last_parent_ = root_inode;
};

void LayerTreeBuilder::Impl::add(const TarMember& member) {
  const std::string path = clean_path(member.path);
  if (path.empty()) {
    if (member.type != MemberType::directory) {
      throw Error(Code::corrupt, "the root is not a directory");
    }
    add_directory({root_inode, {}}, member);
    return;
  }
  const auto [parent, name] = split(path);
  if (passes_whiteout(parent)) {
    throw Error(Code::corrupt, "a whiteout is used as a directory");
  }
  const Place place{parent_at(parent), name};
  check_length(place.directory, name);
  if (name == opaque_marker || (name.starts_with(whiteout_prefix) && !name.starts_with(aufs_prefix))) {
    add_marker(place);
    return;
  }
  if (name.starts_with(aufs_prefix)) {
    aufs_entries_.push_back({place.directory, editor_.intern(name)});
  }
  if (member.type == MemberType::directory) {
    add_directory(place, member);
  } else if (member.type == MemberType::hard_link) {
    add_hard_link(place, member);
  } else if (member.type == MemberType::char_device && member.device_major == 0 && member.device_minor == 0) {
    editor_.unlink(place.directory, name);  // overlayfs's own form of a whiteout
    forget_last_parent();
    white_out(place.directory, name);
  } else {
    MemberInode made = inode_of(member);
    link(place, editor_.add(made.inode, std::move(made.extra)));
  }
}

InodeId LayerTreeBuilder::Impl::parent_at(std::string_view path) {
  if (path != last_parent_path_) {
    last_parent_ = directory_at(path);
    last_parent_path_ = path;
  }
  return last_parent_;
}

// An entry that is replaced may have been on the way to the last parent.
void LayerTreeBuilder::Impl::link(const Place& place, InodeId inode) {
  if (editor_.link(place.directory, place.name, inode) == TreeEditor::Linked::replaced) {
    forget_last_parent();
  }
}

void LayerTreeBuilder::Impl::forget_last_parent() {
  last_parent_path_.clear();
  last_parent_ = root_inode;
}

// The directory a path leads to, made where this layer has nothing yet.
InodeId LayerTreeBuilder::Impl::directory_at(std::string_view path) {
  Walk walk(editor_, path, FollowLast::yes);
  for (;;) {
    switch (walk.run()) {
      case Walk::Outcome::arrived:
        if (editor_.inode(walk.inode()).type != InodeType::directory) {
          throw Error(Code::corrupt, fmt::format("{} is not a directory", quoted(path)));
        }
        return walk.inode();
      case Walk::Outcome::missing:
        walk.supply(make_implicit(walk.directory(), walk.component()));
        break;
      case Walk::Outcome::not_a_directory:
        throw Error(Code::corrupt, fmt::format("{} leads through what is not a directory", quoted(path)));
      case Walk::Outcome::too_many_symlinks:
        throw Error(Code::corrupt, fmt::format("{} leads through too many symlinks", quoted(path)));
    }
  }
}

InodeId LayerTreeBuilder::Impl::make_implicit(InodeId directory, std::string_view name) {
  check_length(directory, name);
  const InodeId made =
      editor_.add({.type = InodeType::directory, .directory_kind = DirectoryKind::implicit, .mode = 0755});
  note_directory(made, directory, name);
  editor_.link(directory, name, made);
  return made;
}

// Symlinks can make a short path lead somewhere deep: what counts is where an entry ends up. Their targets can also
// hold names that no directory takes.
void LayerTreeBuilder::Impl::check_length(InodeId directory, std::string_view name) const {
  if (name.size() > max_name_length || path_lengths_[directory] + 1 + name.size() > max_path_length + 1) {
    throw Error(Code::corrupt, "the path is too long where its symlinks lead");
  }
}

void LayerTreeBuilder::Impl::note_directory(InodeId made, InodeId parent, std::string_view name) {
  path_lengths_.resize(editor_.inode_count());
  path_lengths_[made] = static_cast<std::uint16_t>(path_lengths_[parent] + 1 + name.size());
}

void LayerTreeBuilder::Impl::add_directory(const Place& place, const TarMember& member) {
  MemberInode made = inode_of(member);
  const std::optional<InodeId> present =
      place.name.empty() ? std::optional(root_inode) : editor_.child(place.directory, place.name);
  if (present && editor_.inode(*present).type == InodeType::directory) {
    made.inode.directory_kind =
        is_opaque(editor_.inode(*present).directory_kind) ? DirectoryKind::opaque : DirectoryKind::normal;
    editor_.replace(*present, made.inode, std::move(made.extra));
    return;
  }
  const InodeId added = editor_.add(made.inode, std::move(made.extra));
  note_directory(added, place.directory, place.name);
  link(place, added);
}

void LayerTreeBuilder::Impl::add_hard_link(const Place& place, const TarMember& member) {
  const std::string target = clean_path(member.link_target);
  Walk walk(editor_, target, FollowLast::no);
  switch (walk.run()) {
    case Walk::Outcome::arrived:
      if (editor_.inode(walk.inode()).type == InodeType::directory) {
        throw Error(Code::corrupt, fmt::format("hard link to the directory {}", quoted(target)));
      }
      link(place, walk.inode());
      return;
    case Walk::Outcome::missing: {
      // Resolved when the layers below are known. What symlinks of this layer the path has met stay resolved.
      const std::string below = clean_path(walk.unresolved_path());
      link(place, editor_.add({.type = InodeType::link_below}, {.target = below}));
      return;
    }
    case Walk::Outcome::not_a_directory:
    case Walk::Outcome::too_many_symlinks:
      throw Error(Code::corrupt, fmt::format("hard link to {}, which is not a file", quoted(target)));
  }
}

void LayerTreeBuilder::Impl::add_marker(const Place& place) {
  if (place.name == opaque_marker) {
    editor_.set_directory_kind(place.directory, opaque(editor_.inode(place.directory).directory_kind));
    return;
  }
  const std::string_view hidden = place.name.substr(whiteout_prefix.size());
  if (hidden.empty() || hidden == "." || hidden == "..") {
    throw Error(Code::corrupt, "a whiteout of no file");
  }
  white_out(place.directory, hidden);
}

void LayerTreeBuilder::Impl::white_out(InodeId directory, std::string_view name) {
  whiteouts_.push_back({directory, editor_.intern(name)});
}

FileTree LayerTreeBuilder::Impl::finish() {
  for (const Place& place : aufs_entries_) {
    editor_.unlink(place.directory, place.name);
  }
  // Only now is it known what this layer puts in place of what it hides: nothing, a file that hides it anyway, or a
  // directory that must not merge with the one below.
  for (const Place& place : whiteouts_) {
    const std::optional<InodeId> present = editor_.child(place.directory, place.name);
    if (!present) {
      editor_.link(place.directory, place.name, editor_.add({.type = InodeType::whiteout}));
    } else if (editor_.inode(*present).type == InodeType::directory) {
      editor_.set_directory_kind(*present, opaque(editor_.inode(*present).directory_kind));
    }
  }
  return std::move(editor_).finish();
}

LayerTreeBuilder::LayerTreeBuilder(std::uint64_t max_memory) : impl_(std::make_unique<Impl>(max_memory)) {}
LayerTreeBuilder::~LayerTreeBuilder() = default;
LayerTreeBuilder::LayerTreeBuilder(LayerTreeBuilder&&) noexcept = default;

void LayerTreeBuilder::add(const TarMember& member) {
  with_context([&] { return fmt::format("member {}", quoted(member.path)); }, [&] { impl_->add(member); });
}

FileTree LayerTreeBuilder::finish() {
  return impl_->finish();
}

FileTree read_layer_tree(archive::ByteSource& tar) {
  archive::TarReader reader(tar);
  LayerTreeBuilder builder;
  while (const std::optional<TarMember> member = reader.next()) {
    builder.add(*member);
  }
  reader.drain();
  return builder.finish();
}

}  // namespace nacre::tree
