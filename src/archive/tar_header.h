// Internal to archive/: a tar header block, field by field. Sources: POSIX ustar (IEEE 1003.1 pax, "ustar Interchange
// Format"), GNU tar manual "Basic Tar Format", star(5).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nacre::archive {

inline constexpr std::size_t tar_block_size = 512;
using TarBlock = std::array<char, tar_block_size>;

// Bytes that fill `length` up to whole blocks.
constexpr std::uint64_t tar_padding(std::uint64_t length) noexcept {
  return -length % tar_block_size;
}

struct TarField {
  std::size_t offset;
  std::size_t length;
};

namespace tar_field {
inline constexpr TarField name{0, 100};
inline constexpr TarField mode{100, 8};
inline constexpr TarField uid{108, 8};
inline constexpr TarField gid{116, 8};
inline constexpr TarField size{124, 12};
inline constexpr TarField mtime{136, 12};
inline constexpr TarField checksum{148, 8};
inline constexpr TarField type{156, 1};
inline constexpr TarField link_target{157, 100};
// From here on ustar's, which GNU shares up to device_minor.
inline constexpr TarField magic{257, 8};  // with the version
inline constexpr TarField user_name{265, 32};
inline constexpr TarField group_name{297, 32};
inline constexpr TarField device_major{329, 8};
inline constexpr TarField device_minor{337, 8};
inline constexpr TarField prefix{345, 155};
// star's, in place of the end of the prefix.
inline constexpr TarField star_prefix{345, 131};
inline constexpr TarField star_trailer{508, 4};
// GNU's, in place of the prefix.
inline constexpr TarField gnu_atime{345, 12};
inline constexpr TarField gnu_ctime{357, 12};
inline constexpr TarField gnu_sparse{386, 96};
inline constexpr TarField gnu_is_extended{482, 1};
inline constexpr TarField gnu_real_size{483, 12};
}  // namespace tar_field

// Values of the type field.
namespace tar_type {
inline constexpr char old_regular = '\0';
inline constexpr char regular = '0';
inline constexpr char hard_link = '1';
inline constexpr char symlink = '2';
inline constexpr char char_device = '3';
inline constexpr char block_device = '4';
inline constexpr char directory = '5';
inline constexpr char fifo = '6';
inline constexpr char pax_local = 'x';
inline constexpr char pax_solaris = 'X';  // the same, from before POSIX had it
inline constexpr char pax_global = 'g';
inline constexpr char gnu_long_name = 'L';
inline constexpr char gnu_long_link = 'K';
inline constexpr char gnu_sparse = 'S';
inline constexpr char gnu_dump_directory = 'D';
inline constexpr char gnu_volume_label = 'V';
inline constexpr char gnu_continued = 'M';
}  // namespace tar_type

enum class TarDialect { v7, ustar, star, gnu };

// What one header block says, before any extended header has its word.
struct TarHeader {
  TarBlock block;
  TarDialect dialect = TarDialect::v7;
  char type = tar_type::regular;
  std::string path;
  std::string link_target;
  std::string user_name, group_name;
  std::uint32_t mode = 0;
  std::uint64_t uid = 0, gid = 0;
  std::uint64_t size = 0;
  std::int64_t mtime = 0;
  std::uint32_t device_major = 0, device_minor = 0;
};

bool is_zero(const TarBlock& block) noexcept;

constexpr std::string_view field_of(const TarBlock& block, TarField field) noexcept {
  return std::string_view(block.data(), block.size()).substr(field.offset, field.length);
}

// The text of a field up to its first NUL.
std::string_view text_of(std::string_view field) noexcept;
// A number in octal, or in base 256 when the first bit is set (then it may be negative). Blanks and NULs around the
// digits are ignored; nothing at all is 0. No value for anything else, or beyond 63 bits.
std::optional<std::int64_t> parse_tar_number(std::string_view field) noexcept;

// The sum of the block's bytes with the checksum field read as blanks.
struct TarChecksums {
  std::int64_t as_unsigned;  // POSIX
  std::int64_t as_signed;    // some old Suns
};
TarChecksums tar_checksums(const TarBlock& block) noexcept;

// `position` is that of the block, for the error. Throws Error (corrupt): wrong checksum, or a field that is no number.
TarHeader parse_tar_header(const TarBlock& block, std::uint64_t position);

// "tar: member 'x'": the context of every error about a member.
std::string tar_context(std::string_view path);

// Checks a number on its way into a field of TarMember. Throws Error (corrupt), "uid is negative".
std::uint64_t not_negative(std::optional<std::int64_t> number, std::string_view what);

}  // namespace nacre::archive
