// What the tests of archive/ share.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "archive/byte_stream.h"
#include "archive/tar_member.h"
#include "archive/tar_reader.h"
#include "base/error.h"
#include "base/file.h"
#include "base/temp.h"
#include "test/support/streams.h"

namespace nacre::archive {

using nacre::test::PieceSource;
using nacre::test::StringSink;

std::string gather(ByteSource& source);

// Bytes without a pattern, the same in every run.
std::string noise(std::size_t size, unsigned seed = 1);
// Bytes that compress, but not to nothing.
std::string prose(std::size_t size);

TempDir test_directory();
// Runs a shell command in a directory; it must succeed. Returns what it printed (at most 1 MiB).
std::string shell(const fs::path& directory, const std::string& command);
bool has_program(std::string_view name);
std::string slurp(const fs::path& path);
void spill(const fs::path& path, std::string_view text);

// The Error that a body throws; its message is "" when it throws none.
Error error_of(const std::function<void()>& body);

struct ReadMember {
  TarMember member;
  std::string data;  // the stored bytes
};
// Reads a whole archive, piece bytes at a time, and expects every member's data_offset to lead to its data.
std::vector<ReadMember> read_archive(const std::string& archive, std::size_t piece = 4096, TarLimits limits = {});
// The member with that path; fails the test when there is none.
const ReadMember& find(const std::vector<ReadMember>& members, std::string_view path);
// What a user of a sparse file sees.
std::string expand(const TarMember& member, std::string_view archive);

// A header block made by hand: fields as they stand in the block, the checksum filled in.
struct RawHeader {
  std::string name = "x";
  std::string mode = "0000644";
  std::string uid = "0000000";
  std::string gid = "0000000";
  std::string size = "00000000000";
  std::string mtime = "00000000000";
  char type = '0';
  std::string link_target = "";
  std::string magic = std::string("ustar\00000", 8);
  std::string user_name = "";
  std::string group_name = "";
  std::string device_major = "0000000";
  std::string device_minor = "0000000";
  std::string tail = "";  // from the prefix field on

  std::string block() const;
};
enum class Signedness { unsigned_sum, signed_sum };
// Writes the right checksum into a header block.
std::string with_checksum(std::string block, Signedness signedness = Signedness::unsigned_sum);
std::string octal(std::uint64_t number, std::size_t digits = 11);
// The text, filled up to whole blocks.
std::string padded(std::string text);
// A whole member of some type with data: extended headers, and regular files.
std::string raw_member(char type, const std::string& name, const std::string& data);
std::string pax_header(const std::map<std::string, std::string>& records, char type = 'x');
inline const std::string end_of_archive(1024, '\0');
inline const std::string gnu_magic("ustar  \0", 8);

}  // namespace nacre::archive
