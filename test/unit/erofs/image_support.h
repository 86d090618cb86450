// Images in memory, and trees compared inode by inode.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "archive/byte_stream.h"
#include "base/bytes.h"
#include "test/support/streams.h"
#include "tree/file_tree.h"

namespace nacre::erofs {

using nacre::test::StringSink;

// The image of a tree whose devices are these strings.
std::string image_of(const tree::FileTree& tree, std::span<const std::string> devices);
// The same for devices whose bytes nobody needs; reading them fails the test.
std::string image_of(const tree::FileTree& tree, std::span<const std::uint64_t> device_sizes);

// Fails the test unless the trees are the same in everything FileTree tells.
void expect_same(const tree::FileTree& a, const tree::FileTree& b);

}  // namespace nacre::erofs
