#include "tree/diff.h"

#include <algorithm>
#include <map>
#include <utility>

namespace nacre::tree {
namespace {

bool is_directory(const FileTree& tree, std::optional<InodeId> id) {
  return id && tree.inode(*id).type == InodeType::directory;
}

class Comparison {
 public:
  Comparison(const FileTree& a, const FileTree& b, const SameContent& same_content)
      : a_(a), b_(b), same_content_(same_content) {}

  std::vector<Change> run() {
    visit({"", root_inode, root_inode});
    while (!waiting_.empty()) {
      const Pair next = std::move(waiting_.back());
      waiting_.pop_back();
      visit(next);
    }
    return std::move(changes_);
  }

 private:
  // One path and what it is in either tree.
  struct Pair {
    std::string path;  // "" is the root
    std::optional<InodeId> a, b;
  };

  void visit(const Pair& pair) {
    report(pair);
    const auto none = std::span<const Entry>{};
    const auto in_a = is_directory(a_, pair.a) ? a_.entries(*pair.a) : none;
    const auto in_b = is_directory(b_, pair.b) ? b_.entries(*pair.b) : none;
    // The two sorted lists are merged from their ends, because what is pushed last is visited first.
    std::size_t i = in_a.size();
    std::size_t j = in_b.size();
    while (i > 0 || j > 0) {
      const bool take_a = i > 0 && (j == 0 || in_a[i - 1].name >= in_b[j - 1].name);
      const bool take_b = j > 0 && (i == 0 || in_b[j - 1].name >= in_a[i - 1].name);
      Pair below{pair.path + "/", std::nullopt, std::nullopt};
      below.path += take_a ? in_a[i - 1].name : in_b[j - 1].name;
      if (take_a) {
        below.a = in_a[--i].inode;
      }
      if (take_b) {
        below.b = in_b[--j].inode;
      }
      if (needs_visit(below)) {
        waiting_.push_back(std::move(below));
      }
    }
  }

  // Most files of two like trees are equal; they are not worth a place in the queue.
  bool needs_visit(const Pair& pair) {
    return !pair.a || !pair.b || is_directory(a_, pair.a) || is_directory(b_, pair.b) ||
           !aspects(*pair.a, *pair.b).empty();
  }

  void report(const Pair& pair) {
    const std::string path = pair.path.empty() ? "/" : pair.path;
    if (!pair.a || !pair.b) {
      changes_.push_back({pair.a ? ChangeKind::removed : ChangeKind::added, path, {}, pair.a, pair.b});
      return;
    }
    std::vector<std::string> differing = aspects(*pair.a, *pair.b);
    const bool only_mtime = differing.size() == 1 && differing[0] == "mtime";
    if (!differing.empty() && !(only_mtime && is_directory(b_, pair.b))) {
      changes_.push_back({ChangeKind::modified, path, std::move(differing), pair.a, pair.b});
    }
  }

  std::vector<std::string> aspects(InodeId id_a, InodeId id_b) {
    const Inode& a = a_.inode(id_a);
    const Inode& b = b_.inode(id_b);
    if (a.type != b.type) {
      return {"type"};
    }
    std::vector<std::string> differing;
    const auto check = [&](const char* aspect, bool same) {
      if (!same) {
        differing.emplace_back(aspect);
      }
    };
    check("mode", a.mode == b.mode);
    check("owner", a.uid == b.uid && a.gid == b.gid);
    if (a.type == InodeType::regular) {
      check("size", a.size == b.size);
      check("content", same_bytes(id_a, id_b));
    }
    check("mtime", a.mtime == b.mtime);
    check("target", a_.target(id_a) == b_.target(id_b));
    check("xattrs", std::ranges::equal(a_.xattrs(id_a), b_.xattrs(id_b)));
    check("device", a.device_major == b.device_major && a.device_minor == b.device_minor);
    return differing;
  }

  bool same_bytes(InodeId id_a, InodeId id_b) {
    const std::uint64_t size = a_.inode(id_a).size;
    if (size != b_.inode(id_b).size || size == 0) {
      return size == b_.inode(id_b).size;
    }
    const auto [known, is_new] = compared_.try_emplace({id_a, id_b}, false);
    if (is_new) {
      known->second = same_content_(id_a, id_b);
    }
    return known->second;
  }

  const FileTree& a_;
  const FileTree& b_;
  const SameContent& same_content_;
  std::vector<Pair> waiting_;
  std::vector<Change> changes_;
  std::map<std::pair<InodeId, InodeId>, bool> compared_;  // hard links meet again; bytes are read once
};

}  // namespace

std::vector<Change> diff(const FileTree& a, const FileTree& b, const SameContent& same_content) {
  return Comparison(a, b, same_content).run();
}

}  // namespace nacre::tree
