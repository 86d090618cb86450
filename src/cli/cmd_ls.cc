#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/image_path.h"
#include "image/files.h"
#include "image/lookup.h"

namespace nacre::cli {

namespace {

struct LsOptions {
  bool json = false;
  bool recursive = false;
  std::optional<std::string> platform;
};

void declare(FlagSet& flags, LsOptions& options) {
  flags.toggle(options.json, "json", '\0', "Print one JSON object for each file");
  flags.toggle(options.recursive, "recursive", 'R', "List directories with everything below them");
  flags.text(options.platform, "platform", '\0', "string", "Look into the image of this platform");
}

oci::OrderedJson as_json(const tree::FileTree& tree, tree::InodeId id, const std::string& path) {
  const tree::Inode& inode = tree.inode(id);
  oci::OrderedJson json = {
      {"path", path},       {"mode", image::mode_text(inode)}, {"uid", inode.uid},         {"gid", inode.gid},
      {"size", inode.size}, {"mtime", inode.mtime.rfc3339()},  {"links", inode.link_count}};
  if (inode.type == tree::InodeType::symlink) {
    json["target"] = tree.target(id);
  }
  if (inode.type == tree::InodeType::char_device || inode.type == tree::InodeType::block_device) {
    json["device"] = {{"major", inode.device_major}, {"minor", inode.device_minor}};
  }
  if (const auto xattrs = tree.xattrs(id); !xattrs.empty()) {
    oci::OrderedJson names = oci::OrderedJson::array();
    for (const auto& xattr : xattrs) {
      names.push_back(xattr.name);
    }
    json["xattrs"] = std::move(names);
  }
  return json;
}

std::string as_line(const tree::FileTree& tree, tree::InodeId id, std::string_view name) {
  const tree::Inode& inode = tree.inode(id);
  const bool device = inode.type == tree::InodeType::char_device || inode.type == tree::InodeType::block_device;
  const std::string size =
      device ? fmt::format("{}, {}", inode.device_major, inode.device_minor) : std::to_string(inode.size);
  std::string line = fmt::format("{} {:>3} {:>5} {:>5} {:>10} {} {}", image::mode_text(inode), inode.link_count,
                                 inode.uid, inode.gid, size, inode.mtime.rfc3339().substr(0, 16), name);
  std::replace(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(line.size() - name.size()), 'T', ' ');
  if (inode.type == tree::InodeType::symlink) {
    line += fmt::format(" -> {}", tree.target(id));
  }
  return line;
}

class Lister {
 public:
  Lister(Context& context, const tree::FileTree& tree, const LsOptions& options)
      : context_(context), tree_(tree), options_(options) {}

  void list(const tree::FileTree::Located& start) {
    if (tree_.inode(start.inode).type != tree::InodeType::directory) {
      print(start.inode, start.path);
      return;
    }
    std::vector<tree::FileTree::Located> pending = {start};
    while (!pending.empty()) {
      context_.cancel().check();
      const tree::FileTree::Located directory = std::move(pending.back());
      pending.pop_back();
      const std::string prefix = directory.path == "/" ? "/" : directory.path + "/";
      const auto entries = tree_.entries(directory.inode);
      for (const auto& entry : entries) {
        print(entry.inode, prefix + std::string(entry.name));
      }
      for (auto entry = entries.rbegin(); options_.recursive && entry != entries.rend(); ++entry) {
        if (tree_.inode(entry->inode).type == tree::InodeType::directory) {
          pending.push_back({entry->inode, prefix + std::string(entry->name)});
        }
      }
    }
  }

 private:
  void print(tree::InodeId id, const std::string& path) {
    if (options_.json) {
      context_.print(oci::to_go_json(as_json(tree_, id, path)) + "\n");
      return;
    }
    const std::string_view name =
        options_.recursive ? std::string_view(path) : std::string_view(path).substr(path.rfind('/') + 1);
    context_.print(as_line(tree_, id, name.empty() ? "/" : name) + "\n");
  }

  Context& context_;
  const tree::FileTree& tree_;
  const LsOptions& options_;
};

int run(Context& context, const LsOptions& options, const std::vector<std::string>& arguments) {
  const ImagePath where = parse_image_path(arguments[0], PathPart::optional);
  const auto found = image::get(context.store(), where.image, parse_platform(options.platform));
  const auto files = image::ImageFiles::open(context.store(), found.image, context.cancel());
  Lister(context, files.tree(), options).list(files.locate(where.path, tree::FollowLast::yes));
  return 0;
}

}  // namespace

Command ls_command() {
  return make_command<LsOptions>(
      {.name = "ls",
       .aliases = {"image files"},
       .usage = "[OPTIONS] IMAGE[:PATH]",
       .summary = "List files of an image, without running it",
       .description = "The path begins with a slash: alpine:3.20:/etc. Without one the root is listed.",
       .min_arguments = 1,
       .max_arguments = 1},
      declare, run);
}

}  // namespace nacre::cli
