// Internal to archive/: the records of PAX extended headers. Source: IEEE 1003.1 pax, "pax Header Block".
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "archive/tar_member.h"

namespace nacre::archive {

// Sorted, so that a writer is deterministic and xattrs stand together.
using PaxRecords = std::map<std::string, std::string, std::less<>>;

namespace pax_key {
inline constexpr std::string_view path = "path";
inline constexpr std::string_view link_path = "linkpath";
inline constexpr std::string_view size = "size";
inline constexpr std::string_view uid = "uid";
inline constexpr std::string_view gid = "gid";
inline constexpr std::string_view user_name = "uname";
inline constexpr std::string_view group_name = "gname";
inline constexpr std::string_view mtime = "mtime";
inline constexpr std::string_view schily_xattr = "SCHILY.xattr.";
inline constexpr std::string_view libarchive_xattr = "LIBARCHIVE.xattr.";
inline constexpr std::string_view sparse_major = "GNU.sparse.major";
inline constexpr std::string_view sparse_minor = "GNU.sparse.minor";
inline constexpr std::string_view sparse_name = "GNU.sparse.name";
inline constexpr std::string_view sparse_size = "GNU.sparse.size";
inline constexpr std::string_view sparse_real_size = "GNU.sparse.realsize";
inline constexpr std::string_view sparse_map = "GNU.sparse.map";
inline constexpr std::string_view sparse_count = "GNU.sparse.numblocks";
inline constexpr std::string_view sparse_offset = "GNU.sparse.offset";
inline constexpr std::string_view sparse_length = "GNU.sparse.numbytes";
}  // namespace pax_key

// The records of one extended header; of several with one key the last counts. The runs of sparse format 0.0, which
// repeats its keys, come out as the map of format 0.1. Throws Error (corrupt).
PaxRecords parse_pax(std::string_view text);

// A record's value; nothing when it is missing or empty (which means: as if it were missing).
std::optional<std::string_view> find_record(const PaxRecords& records, std::string_view key);

// A decimal number, perhaps with a sign.
std::optional<std::int64_t> parse_decimal(std::string_view text) noexcept;

// Seconds with an optional fraction, perhaps negative; digits beyond nanoseconds are dropped.
std::optional<Timestamp> parse_pax_time(std::string_view text) noexcept;
std::string format_pax_time(const Timestamp& time);

// What the records say of one member, written over what the header block said: all but size and the sparse keys. Throws
// Error (corrupt).
void apply_pax(const PaxRecords& records, TarMember& member);

// The records as the data of an extended header.
std::string format_pax(const PaxRecords& records);

}  // namespace nacre::archive
