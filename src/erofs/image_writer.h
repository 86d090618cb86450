// Writes a FileTree as an EROFS image of metadata only. Format: docs/formats/erofs.md.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "archive/byte_stream.h"
#include "tree/file_tree.h"

namespace nacre::erofs {

// Reads bytes of a device: for the few files whose data cannot be mapped where it is (a sparse file with runs off the
// 512 byte grid, a last member without padding). Those are copied into the image.
using ReadDevice = std::function<void(std::uint16_t device, std::uint64_t offset, MutableBytes buffer)>;

// device_sizes: bytes of each tar the tree's devices stand for. The same tree and sizes give the same image, byte for
// byte. Whiteouts become character devices 0:0, opaque directories carry trusted.overlay.opaque=y (kernel's
// overlayfs.rst), implicit ones trusted.nacre.implicit, links below trusted.nacre.link; so an image read back is the
// same tree. Throws Error (unsupported) for what the format cannot hold: an xattr above 65,535 bytes or more than
// 256 KiB of them on one file, a tar of 2 TiB or more, sparse files so large and scattered that their maps would take
// more than the tars do.
void write_image(const tree::FileTree& tree, std::span<const std::uint64_t> device_sizes, const ReadDevice& read_device,
                 archive::ByteSink& out);

}  // namespace nacre::erofs
