// One member of a tar archive, with every dialect's way of saying things already merged. Sources: POSIX pax (IEEE
// 1003.1), GNU tar manual "Basic Tar Format" and "Sparse Formats".
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"

namespace nacre::archive {

enum class MemberType { regular, hard_link, symlink, char_device, block_device, directory, fifo };

// A run of a sparse file's data. Runs are in ascending order and do not overlap.
struct SparseRun {
  std::uint64_t file_offset = 0;  // in the file
  std::uint64_t length = 0;
  std::uint64_t data_offset = 0;  // in the archive, absolute
};

struct TarMember {
  std::string path;  // as written: may be absolute, have "..", a trailing slash; the reader's user decides
  MemberType type = MemberType::regular;
  std::uint32_t mode = 0;  // permission bits with setuid, setgid, sticky (07777)
  std::uint64_t uid = 0, gid = 0;
  std::string user_name, group_name;
  Timestamp mtime;
  std::string link_target;  // hard_link, symlink
  std::uint32_t device_major = 0, device_minor = 0;
  std::map<std::string, std::string> xattrs;  // from SCHILY.xattr.* (and LIBARCHIVE.xattr.*, base64)

  std::uint64_t size = 0;         // of the file as a user sees it (a sparse file's full size); 0 for all but regular
  std::uint64_t data_offset = 0;  // of the first data byte in the archive, absolute, a multiple of 512
  std::uint64_t stored_size = 0;  // data bytes in the archive
  bool is_sparse = false;
  std::vector<SparseRun> sparse;  // when is_sparse
};

}  // namespace nacre::archive
