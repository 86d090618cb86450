// The walk along a path that everything in tree/ shares.
#pragma once

#include <algorithm>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tree/file_tree.h"

namespace nacre::tree {

// Follows a path from the root as a process inside would: ".." stops at the root, symlinks are followed within the
// tree. Tree has child(directory, name), inode(id) and target(id). The path must live as long as the walk; the tree may
// grow while the walk stands still, but views of its symlink targets must stay valid.
template <class Tree>
class PathWalk {
 public:
  enum class Outcome { arrived, missing, not_a_directory, too_many_symlinks };

  PathWalk(const Tree& tree, std::string_view path, FollowLast follow)
      : tree_(tree), follow_(follow), steps_{{root_inode, {}}}, pending_{path} {}

  // Goes as far as it can.
  Outcome run() {
    while (take_component()) {
      if (component_ == ".") {
        continue;
      }
      if (component_ == "..") {
        if (steps_.size() > 1) {
          steps_.pop_back();
        }
        continue;
      }
      const std::optional<InodeId> child = tree_.child(directory(), component_);
      if (!child) {
        return Outcome::missing;
      }
      const InodeType type = tree_.inode(*child).type;
      const bool last = nothing_pending();
      if (type == InodeType::symlink && (!last || follow_ == FollowLast::yes)) {
        if (++symlinks_ > max_symlinks) {
          return Outcome::too_many_symlinks;
        }
        follow(tree_.target(*child));
      } else if (type == InodeType::directory || last) {
        steps_.push_back({*child, component_});
      } else {
        return Outcome::not_a_directory;
      }
    }
    return Outcome::arrived;
  }

  // After `missing`: the directory that lacks component(); give what was made there and run() again.
  InodeId directory() const { return steps_.back().inode; }
  std::string_view component() const { return component_; }
  void supply(InodeId made) { steps_.push_back({made, component_}); }

  // After `arrived`: where that is.
  InodeId inode() const { return steps_.back().inode; }
  std::string path() const {  // absolute, without symlinks
    std::string text;
    for (const Step& step : std::span(steps_).subspan(1)) {
      text.append("/").append(step.name);
    }
    return text.empty() ? "/" : text;
  }
  // After `missing`: the path as far as it is known, then what is left of it as it was written.
  std::string unresolved_path() const {
    std::string text = path();
    text.append("/").append(component_);
    for (const auto& segment : std::views::reverse(pending_)) {
      text.append("/").append(segment);
    }
    return text;
  }

 private:
  static constexpr int max_symlinks = 40;  // Linux's MAXSYMLINKS

  struct Step {
    InodeId inode;
    std::string_view name;
  };

  bool take_component() {
    while (!pending_.empty()) {
      std::string_view& segment = pending_.back();
      segment.remove_prefix(std::min(segment.find_first_not_of('/'), segment.size()));
      if (!segment.empty()) {
        component_ = segment.substr(0, segment.find('/'));
        segment.remove_prefix(component_.size());
        return true;
      }
      pending_.pop_back();
    }
    return false;
  }

  // A slash after the last name counts as pending: it asks for a directory.
  bool nothing_pending() const {
    return std::ranges::all_of(pending_, [](std::string_view segment) { return segment.empty(); });
  }

  void follow(std::string_view target) {
    if (target.starts_with('/')) {
      steps_.resize(1);
    }
    pending_.push_back(target);
  }

  const Tree& tree_;
  FollowLast follow_;
  std::vector<Step> steps_;                // the directories passed, the root first
  std::vector<std::string_view> pending_;  // what is to be walked yet, the next part last
  std::string_view component_;
  int symlinks_ = 0;
};

}  // namespace nacre::tree
