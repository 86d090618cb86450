// A streaming tar reader that knows where everything is.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "archive/byte_stream.h"
#include "archive/tar_member.h"

namespace nacre::archive {

struct TarHeader;
enum class PaxSparseFormat;
using PaxRecords = std::map<std::string, std::string, std::less<>>;

// Limits that keep a hostile archive from costing memory.
struct TarLimits {
  std::uint64_t max_extended_header = 1024 * 1024;  // one PAX or GNU long-name record block
  std::size_t max_sparse_runs = 1'000'000;
  std::uint64_t max_path = 64 * 1024;
};

// ustar, old V7, GNU (long names and links, base-256 numbers, sparse 'S' with continuation blocks), star, PAX (local
// and global headers, path, linkpath, size, uid, gid, mtime, uname, gname, SCHILY.xattr.*, LIBARCHIVE.xattr.*,
// GNU.sparse 0.0, 0.1 and 1.0). Names are bytes, in whatever encoding.
//
// Where readers differ, this one does what Go's archive/tar does, because docker, containerd and podman read with it:
// - A record with an empty value says nothing; GNU long names win over PAX names; a second PAX header replaces the
// first.
// - Links, directories, devices and fifos have no data, whatever their size field says.
// - A type nobody knows is a regular file; "name/" of the oldest type ('\0'; in V7 archives also '0') is a directory.
// - One zero block and more archive behind it is an Error; the end-of-archive marker may be missing, and so may the
//   padding after the last member.
// It goes its own way where Go would lose something:
// - Global headers count for the members after them (uid, gid, uname, gname, mtime; no other record makes sense for
//   several members). Solaris 'X' headers are PAX headers. GNU volume labels are passed over, GNU dump directories are
//   directories. Members continued from another volume and sparse formats not known are Errors (unsupported).
// - An extended header with nothing behind it is an Error (corrupt): the archive was cut.
//
// A member cut short is an Error (corrupt) that names the member: "tar: member 'x': unexpected end of data". Bad
// checksums, numbers that are none, negative sizes and ids, sizes beyond 2^63, NUL bytes in PAX names, sparse maps that
// overlap, exceed the file or do not add up to the data: corrupt. After an Error the reader is good for nothing.
class TarReader {
 public:
  // The source must outlive the reader.
  explicit TarReader(ByteSource& source, TarLimits limits = {}) : reader_(source), limits_(limits) {}

  // The next member; what is left of the one before is skipped. Nothing at the end of the archive.
  std::optional<TarMember> next();

  // The stored data of the current member, as chunks; empty at its end. (Of a sparse file: the runs, packed.)
  Chunk next_data();

  // Reads what is left of the source after the end-of-archive marker (docker's layers may be padded), so that a tee
  // before this reader has seen every byte.
  void drain();
  // Bytes consumed from the beginning of the archive.
  std::uint64_t position() const noexcept { return reader_.position(); }

 private:
  struct Extensions;
  void skip_data();
  std::optional<TarHeader> read_header();
  bool take_extension(const TarHeader& header, Extensions& extensions);
  std::string read_extension(const TarHeader& header);
  TarMember make_member(const TarHeader& header, const Extensions& extensions);
  void check_lengths(const TarMember& member) const;
  void find_data(const TarHeader& header, const PaxRecords& records, TarMember& member);
  void find_runs(const TarHeader& header, const PaxRecords& records, PaxSparseFormat format, TarMember& member);

  ChunkReader reader_;
  TarLimits limits_;
  std::uint64_t data_left_ = 0;
  std::uint64_t padding_ = 0;
  bool ended_ = false;
  std::string path_;  // of the current member, for errors
  PaxRecords global_;
};

// The current member's data as a source of its own; valid until the reader's next().
class MemberSource : public ByteSource {
 public:
  explicit MemberSource(TarReader& reader) : reader_(reader) {}
  Chunk next() override { return reader_.next_data(); }

 private:
  TarReader& reader_;
};

}  // namespace nacre::archive
