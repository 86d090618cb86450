// Reads a large file from its beginning to its end, ahead of its consumer and past the page cache.
#pragma once

#include <memory>

#include "archive/byte_stream.h"

namespace nacre::archive {

// A layer is read as a whole and then, most likely, not again: reading it through the page cache costs a copy and
// pushes out what others need, and on a virtual machine fresh page cache is slow to fill. So a thread of this source
// reads with O_DIRECT, where the file system has it, while the consumer works on what came before. Small files, and
// files that the page cache holds already, are read as file_source() does.
//
// `file` is a regular file, open for reading; the caller keeps it open. Chunks are of 1 MiB, and the consumer may keep
// buffers_per_source of them. An error of the reading thread is thrown by next().
std::unique_ptr<ByteSource> read_ahead_source(const Fd& file, CancelToken cancel = {});

}  // namespace nacre::archive
