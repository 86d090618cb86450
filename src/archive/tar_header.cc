#include "archive/tar_header.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "base/error.h"
#include "oci/shown.h"

namespace nacre::archive {

namespace {

using std::string_view_literals::operator""sv;

std::optional<std::int64_t> parse_base_256(std::string_view field) noexcept {
  // Two's complement, big-endian, of which the first bit only marks the format and the second is the sign. A negative
  // number is read inverted, by -a - 1 == ~a.
  const auto first = static_cast<std::uint8_t>(field.front());
  const std::uint8_t inversion = (first & 0x40) != 0 ? 0xff : 0x00;
  std::uint64_t value = static_cast<std::uint8_t>(first ^ inversion) & 0x7f;
  for (const char c : field.substr(1)) {
    if (value >> 55 != 0) {
      return std::nullopt;
    }
    value = value << 8 | static_cast<std::uint8_t>(static_cast<std::uint8_t>(c) ^ inversion);
  }
  const auto number = static_cast<std::int64_t>(value);
  return inversion != 0 ? ~number : number;
}

std::optional<std::int64_t> parse_octal(std::string_view field) noexcept {
  constexpr std::string_view blanks(" \0", 2);
  const std::size_t begin = field.find_first_not_of(blanks);
  if (begin == std::string_view::npos) {
    return 0;
  }
  const std::string_view digits = text_of(field.substr(begin, field.find_last_not_of(blanks) + 1 - begin));
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), number, 8);
  if (failure != std::errc() || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return number;
}

// The dialect, if the checksum is right.
std::optional<TarDialect> dialect_of(const TarBlock& block) noexcept {
  const std::optional<std::int64_t> stated = parse_octal(field_of(block, tar_field::checksum));
  const TarChecksums sums = tar_checksums(block);
  if (!stated || (*stated != sums.as_unsigned && *stated != sums.as_signed)) {
    return std::nullopt;
  }
  const std::string_view magic = field_of(block, tar_field::magic);
  if (magic.starts_with("ustar\0"sv)) {
    return field_of(block, tar_field::star_trailer) == "tar\0"sv ? TarDialect::star : TarDialect::ustar;
  }
  return magic == "ustar  \0"sv ? TarDialect::gnu : TarDialect::v7;
}

// The GNU dialect has times where ustar has its prefix. Go before 1.8 wrote prefixes there all the same, so what is
// plainly text and no times is taken for one.
std::string_view gnu_prefix(const TarBlock& block) noexcept {
  const auto is_time = [&](TarField field) {
    const std::string_view bytes = field_of(block, field);
    return bytes.front() == '\0' || parse_tar_number(bytes);
  };
  if (is_time(tar_field::gnu_atime) && is_time(tar_field::gnu_ctime)) {
    return {};
  }
  const std::string_view text = text_of(field_of(block, tar_field::prefix));
  const bool is_ascii = std::ranges::all_of(text, [](char c) { return static_cast<std::uint8_t>(c) < 0x80; });
  return is_ascii ? text : std::string_view{};
}

std::string_view prefix_of(const TarBlock& block, TarDialect dialect) noexcept {
  switch (dialect) {
    case TarDialect::v7:
      return {};
    case TarDialect::ustar:
      return text_of(field_of(block, tar_field::prefix));
    case TarDialect::star:
      return text_of(field_of(block, tar_field::star_prefix));
    case TarDialect::gnu:
      return gnu_prefix(block);
  }
  return {};
}

std::string path_of(const TarBlock& block, TarDialect dialect) {
  std::string path(prefix_of(block, dialect));
  if (!path.empty()) {
    path += '/';
  }
  return path += text_of(field_of(block, tar_field::name));
}

std::uint64_t parse_count(const TarBlock& block, TarField field, std::string_view what) {
  return not_negative(parse_tar_number(field_of(block, field)), what);
}

std::uint32_t parse_device(const TarBlock& block, TarField field, std::string_view what) {
  const std::uint64_t number = parse_count(block, field, what);
  if (number > std::numeric_limits<std::uint32_t>::max()) {
    throw Error(Code::corrupt, fmt::format("{} {} is beyond 32 bits", what, number));
  }
  return static_cast<std::uint32_t>(number);
}

void parse_numbers(const TarBlock& block, TarHeader& header) {
  const auto mode = parse_tar_number(field_of(block, tar_field::mode));
  const auto mtime = parse_tar_number(field_of(block, tar_field::mtime));
  if (!mode || !mtime) {
    throw Error(Code::corrupt, mode ? "mtime is not a number" : "mode is not a number");
  }
  header.mode = static_cast<std::uint32_t>(*mode & 07777);  // some writers store the file type as well
  header.mtime = *mtime;
  header.uid = parse_count(block, tar_field::uid, "uid");
  header.gid = parse_count(block, tar_field::gid, "gid");
  header.size = parse_count(block, tar_field::size, "size");
  if (header.type == tar_type::char_device || header.type == tar_type::block_device) {
    header.device_major = parse_device(block, tar_field::device_major, "device major number");
    header.device_minor = parse_device(block, tar_field::device_minor, "device minor number");
  }
}

}  // namespace

bool is_zero(const TarBlock& block) noexcept {
  return std::ranges::all_of(block, [](char c) { return c == '\0'; });
}

std::string_view text_of(std::string_view field) noexcept {
  return field.substr(0, field.find('\0'));
}

std::optional<std::int64_t> parse_tar_number(std::string_view field) noexcept {
  if (!field.empty() && (static_cast<std::uint8_t>(field.front()) & 0x80) != 0) {
    return parse_base_256(field);
  }
  return parse_octal(field);
}

TarChecksums tar_checksums(const TarBlock& block) noexcept {
  constexpr TarField field = tar_field::checksum;
  TarChecksums sums{};
  for (const char c : block) {
    sums.as_unsigned += static_cast<std::uint8_t>(c);
    sums.as_signed += static_cast<std::int8_t>(c);
  }
  for (const char c : field_of(block, field)) {
    sums.as_unsigned += ' ' - static_cast<std::uint8_t>(c);
    sums.as_signed += ' ' - static_cast<std::int8_t>(c);
  }
  return sums;
}

TarHeader parse_tar_header(const TarBlock& block, std::uint64_t position) {
  const std::optional<TarDialect> dialect = dialect_of(block);
  if (!dialect) {
    throw Error(Code::corrupt, fmt::format("tar: header at byte {}: wrong checksum; {}", position,
                                           position == 0 ? "this is no tar archive" : "the archive is damaged"));
  }
  TarHeader header;
  header.block = block;
  header.dialect = *dialect;
  header.type = block[tar_field::type.offset];
  header.path = path_of(block, *dialect);
  header.link_target = text_of(field_of(block, tar_field::link_target));
  if (*dialect != TarDialect::v7) {
    header.user_name = text_of(field_of(block, tar_field::user_name));
    header.group_name = text_of(field_of(block, tar_field::group_name));
  }
  with_context([&] { return tar_context(header.path); }, [&] { parse_numbers(block, header); });
  return header;
}

std::string tar_context(std::string_view path) {
  return fmt::format("tar: member '{}'", oci::shown(path));
}

std::uint64_t not_negative(std::optional<std::int64_t> number, std::string_view what) {
  if (!number) {
    throw Error(Code::corrupt, fmt::format("{} is not a number", what));
  }
  if (*number < 0) {
    throw Error(Code::corrupt, fmt::format("{} is negative", what));
  }
  return static_cast<std::uint64_t>(*number);
}

}  // namespace nacre::archive
