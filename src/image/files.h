// Files inside an image: listed, read and copied out without a container, a mount or any privilege.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/byte_stream.h"
#include "base/cancel.h"
#include "store/store.h"
#include "tree/file_tree.h"

namespace nacre::image {

// The merged tree of an image with its tars open, so that a removal meanwhile does not matter. Movable.
class ImageFiles {
 public:
  static ImageFiles open(store::Store& store, const store::ImageRecord& image, const CancelToken& cancel);

  const tree::FileTree& tree() const noexcept { return tree_; }
  // Resolves a path, following its last symlink or not. Throws Error (not_found) naming the path.
  tree::FileTree::Located locate(std::string_view path, tree::FollowLast follow) const;

  // Where a run of bytes of a regular file is on disk.
  struct Run {
    const Fd* file;  // nullptr: a hole, zeros
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
  };
  // The whole content as runs in order; throws Error (invalid_argument) for what is no regular file.
  std::vector<Run> runs(tree::InodeId id) const;
  // Sends the content of a regular file to a sink.
  void read(tree::InodeId id, archive::ByteSink& sink, const CancelToken& cancel) const;
  // Which tar the content is in: two inodes with the same answer have the same bytes. Nothing for empty or sparse
  // files.
  struct Place {
    oci::DiffId layer;
    std::uint64_t offset;
    std::uint64_t size;
    bool operator==(const Place&) const = default;
  };
  std::optional<Place> place(tree::InodeId id) const;

 private:
  ImageFiles(tree::FileTree tree, std::vector<oci::DiffId> layers, std::vector<Fd> tars)
      : tree_(std::move(tree)), layers_(std::move(layers)), tars_(std::move(tars)) {}
  const Fd& device(std::uint16_t number) const;

  tree::FileTree tree_;
  std::vector<oci::DiffId> layers_;
  std::vector<Fd> tars_;
};

// "drwxr-xr-x", as ls prints it.
std::string mode_text(const tree::Inode& inode);

enum class KeepOwner { no, yes };

// Copies a path of the image to the host as `docker cp` does: a directory's content into an existing or new directory,
// a file to a name or into a directory; "/." at the end of a directory means its content. follow: whether a symlink
// named by `path` is followed; what goes into a directory still has the link's name. Nothing is ever written through a
// symlink of the image. KeepOwner: uid and gid too (needs privileges).
void copy_out(const ImageFiles& files, std::string_view path, const fs::path& destination, tree::FollowLast follow,
              KeepOwner owner, const CancelToken& cancel);
// The same as a tar stream, members named from the last component of `path` on; of a link that is followed, from its
// target's.
void copy_out_as_tar(const ImageFiles& files, std::string_view path, archive::ByteSink& sink, tree::FollowLast follow,
                     const CancelToken& cancel);

}  // namespace nacre::image
