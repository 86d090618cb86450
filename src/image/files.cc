#include "image/files.h"

#include <algorithm>
#include <array>

#include <fcntl.h>
#include <fmt/format.h>

#include "base/error.h"
#include "erofs/image_reader.h"
#include "store/layer_ingest.h"
#include "tree/merge.h"

namespace nacre::image {

ImageFiles ImageFiles::open(store::Store& store, const store::ImageRecord& image, const CancelToken& cancel) {
  if (image.layers.empty()) {
    return {tree::merge({}), {}, {}};
  }
  store::Lease lease = store.lease();
  if (!lease.hold_image(image.id)) {
    throw Error(Code::not_found, "No such image: " + image.id.str());
  }
  const oci::ChainId chain = store::ensure_chain(store, lease, image.layers, cancel);
  const MappedFile index(open_file(store.layout().chain_index(chain), O_RDONLY));
  std::vector<Fd> tars;
  for (const auto& layer : image.layers) {
    tars.push_back(open_file(store.layout().layer_tar(layer), O_RDONLY));
  }
  return {erofs::read_image(index.bytes()), image.layers, std::move(tars)};
}

tree::FileTree::Located ImageFiles::locate(std::string_view path, tree::FollowLast follow) const {
  auto located = tree_.locate(path, follow);
  if (!located) {
    throw Error(Code::not_found, fmt::format("{}: no such file or directory in the image", path));
  }
  return std::move(*located);
}

const Fd& ImageFiles::device(std::uint16_t number) const {
  if (number >= tars_.size()) {
    throw Error(Code::corrupt, fmt::format("the image's index names layer {} of {}; run `nacre store check --repair`",
                                           number + 1, tars_.size()));
  }
  return tars_[number];
}

std::vector<ImageFiles::Run> ImageFiles::runs(tree::InodeId id) const {
  const tree::Inode& inode = tree_.inode(id);
  if (inode.type != tree::InodeType::regular) {
    throw Error(Code::invalid_argument,
                inode.type == tree::InodeType::directory ? "is a directory" : "is not a regular file");
  }
  std::vector<Run> runs;
  std::uint64_t position = 0;
  for (const tree::Extent& extent : tree_.extents(id)) {
    if (extent.file_offset > position) {
      runs.push_back({nullptr, 0, extent.file_offset - position});
    }
    runs.push_back({&device(inode.device), extent.device_offset, extent.length});
    position = extent.file_offset + extent.length;
  }
  if (position < inode.size) {
    runs.push_back({nullptr, 0, inode.size - position});
  }
  return runs;
}

void ImageFiles::read(tree::InodeId id, archive::ByteSink& sink, const CancelToken& cancel) const {
  static constexpr std::array<std::byte, 64 * 1024> zeros{};
  for (const Run& run : runs(id)) {
    if (run.file == nullptr) {
      for (std::uint64_t left = run.length; left > 0;) {
        cancel.check();
        const auto n = std::min<std::uint64_t>(left, zeros.size());
        sink.write(Bytes(zeros).first(n));
        left -= n;
      }
      continue;
    }
    const auto source = archive::file_source(*run.file, run.offset, run.length, cancel);
    std::uint64_t passed = 0;
    for (auto chunk = source->next(); !chunk.empty(); chunk = source->next()) {
      sink.write(chunk.bytes);
      passed += chunk.bytes.size();
    }
    if (passed != run.length) {
      throw Error(Code::corrupt, "the layer's tar ends too early; run `nacre store check --repair`");
    }
  }
}

std::optional<ImageFiles::Place> ImageFiles::place(tree::InodeId id) const {
  const tree::Inode& inode = tree_.inode(id);
  if (inode.type != tree::InodeType::regular || inode.size == 0 || tree_.is_sparse(id) ||
      inode.device >= layers_.size()) {
    return std::nullopt;
  }
  return Place{layers_[inode.device], inode.data_offset, inode.size};
}

std::string mode_text(const tree::Inode& inode) {
  const auto letter = [&] {
    switch (inode.type) {
      case tree::InodeType::directory:
        return 'd';
      case tree::InodeType::symlink:
        return 'l';
      case tree::InodeType::char_device:
      case tree::InodeType::whiteout:
        return 'c';
      case tree::InodeType::block_device:
        return 'b';
      case tree::InodeType::fifo:
        return 'p';
      case tree::InodeType::socket:
        return 's';
      case tree::InodeType::regular:
      case tree::InodeType::link_below:
        return '-';
    }
    return '?';
  }();
  std::string text(1, letter);
  constexpr std::string_view bits = "rwxrwxrwx";
  for (std::size_t i = 0; i < bits.size(); ++i) {
    text += (inode.mode >> (bits.size() - 1 - i) & 1U) != 0 ? bits[i] : '-';
  }
  const auto special = [&](unsigned bit, std::size_t at, char with, char without) {
    if ((inode.mode & bit) != 0) {
      text[at] = text[at] == 'x' ? with : without;
    }
  };
  special(04000, 3, 's', 'S');
  special(02000, 6, 's', 'S');
  special(01000, 9, 't', 'T');
  return text;
}

}  // namespace nacre::image
