#include "archive/pax.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>

#include <fmt/format.h>

#include "archive/tar_header.h"
#include "base/error.h"
#include "oci/shown.h"

namespace nacre::archive {

namespace {

constexpr std::size_t nanosecond_digits = 9;
constexpr std::uint32_t nanoseconds_per_second = 1'000'000'000;

struct Record {
  std::string_view key;
  std::string_view value;
};

[[noreturn]] void throw_malformed(std::string_view how) {
  throw Error(Code::corrupt, fmt::format("PAX header: {}", how));
}

// Takes "length key=value\n" off the front of `text`. The length counts the whole record, so a value may hold any byte.
Record take_record(std::string_view& text) {
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos) {
    throw_malformed("a record without a length");
  }
  const std::optional<std::int64_t> length = parse_decimal(text.substr(0, blank));
  if (!length || *length < 0 || static_cast<std::uint64_t>(*length) > text.size()) {
    throw_malformed("the length of a record is wrong");
  }
  const std::string_view whole = text.substr(0, static_cast<std::size_t>(*length));
  if (whole.size() < blank + 2 || whole.back() != '\n') {
    throw_malformed("a record does not end where its length says");
  }
  const std::string_view record = whole.substr(blank + 1, whole.size() - blank - 2);
  const std::size_t equals = record.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    throw_malformed("a record without a key");
  }
  text.remove_prefix(whole.size());
  return {record.substr(0, equals), record.substr(equals + 1)};
}

bool is_text(std::string_view key) noexcept {
  return key == pax_key::path || key == pax_key::link_path || key == pax_key::sparse_name ||
         key == pax_key::user_name || key == pax_key::group_name;
}

void check_record(const Record& record) {
  if (record.key.find('\0') != std::string_view::npos) {
    throw_malformed("a key with a NUL byte");
  }
  if (is_text(record.key) && record.value.find('\0') != std::string_view::npos) {
    throw_malformed(fmt::format("{} has a NUL byte", record.key));
  }
}

// Sparse format 0.0 says offset, length, offset, length ... with one record each; gathered, that is 0.1's map.
class SparseMapGatherer {
 public:
  // Returns whether the record was one of these.
  bool take(const Record& record) {
    const bool is_offset = record.key == pax_key::sparse_offset;
    if (!is_offset && record.key != pax_key::sparse_length) {
      return false;
    }
    if (is_offset != expects_offset_ || record.value.find(',') != std::string_view::npos) {
      throw_malformed("sparse runs out of order");
    }
    if (!map_.empty()) {
      map_ += ',';
    }
    map_ += record.value;
    expects_offset_ = !expects_offset_;
    return true;
  }
  const std::string& map() const noexcept { return map_; }

 private:
  std::string map_;
  bool expects_offset_ = true;
};

std::optional<int> hex_digit(char c) noexcept {
  constexpr std::string_view digits = "0123456789abcdef";
  const std::size_t value = digits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
  return value == std::string_view::npos ? std::nullopt : std::optional(static_cast<int>(value));
}

// %XX, as libarchive writes the bytes of a name that PAX keys cannot have.
std::string decode_percent(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
    const auto low = high ? hex_digit(text[i + 2]) : std::nullopt;
    if (low) {
      decoded += static_cast<char>(*high << 4 | *low);
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

std::optional<unsigned> base64_digit(char c) noexcept {
  if (c >= 'A' && c <= 'Z') {
    return static_cast<unsigned>(c - 'A');
  }
  if (c >= 'a' && c <= 'z') {
    return static_cast<unsigned>(c - 'a' + 26);
  }
  if (c >= '0' && c <= '9') {
    return static_cast<unsigned>(c - '0' + 52);
  }
  if (c == '+') {
    return 62U;
  }
  if (c == '/') {
    return 63U;
  }
  return std::nullopt;
}

// libarchive leaves the padding out; with it is fine too. Nothing for what is no base64.
std::optional<std::string> decode_base64(std::string_view text) {
  std::string decoded;
  unsigned bits = 0;
  unsigned bit_count = 0;
  for (const char c : text.substr(0, text.find('='))) {
    const std::optional<unsigned> digit = base64_digit(c);
    if (!digit) {
      return std::nullopt;
    }
    bits = (bits << 6 | *digit) & 0xffff;
    bit_count += 6;
    if (bit_count >= 8) {
      bit_count -= 8;
      decoded += static_cast<char>(bits >> bit_count & 0xff);
    }
  }
  return decoded;
}

void apply_xattrs(const PaxRecords& records, TarMember& member) {
  const auto each_below = [&](std::string_view prefix, auto&& use) {
    for (auto it = records.lower_bound(prefix); it != records.end() && it->first.starts_with(prefix); ++it) {
      if (it->first.size() > prefix.size()) {
        use(std::string_view(it->first).substr(prefix.size()), it->second);
      }
    }
  };
  // bsdtar writes each attribute both ways; they only differ where one of the two cannot say it. Most readers do not
  // look at its own way at all, so what is wrong there is no reason to refuse the archive.
  each_below(pax_key::libarchive_xattr, [&](std::string_view name, const std::string& value) {
    if (auto decoded = decode_base64(value)) {
      member.xattrs.insert_or_assign(decode_percent(name), std::move(*decoded));
    }
  });
  each_below(pax_key::schily_xattr, [&](std::string_view name, const std::string& value) {
    member.xattrs.insert_or_assign(std::string(name), value);
  });
}

}  // namespace

PaxRecords parse_pax(std::string_view text) {
  PaxRecords records;
  SparseMapGatherer sparse;
  while (!text.empty()) {
    const Record record = take_record(text);
    check_record(record);
    if (!sparse.take(record)) {
      records.insert_or_assign(std::string(record.key), std::string(record.value));
    }
  }
  if (!sparse.map().empty()) {
    records.insert_or_assign(std::string(pax_key::sparse_map), sparse.map());
  }
  return records;
}

std::optional<std::string_view> find_record(const PaxRecords& records, std::string_view key) {
  const auto it = records.find(key);
  return it == records.end() || it->second.empty() ? std::nullopt : std::optional<std::string_view>(it->second);
}

std::optional<std::int64_t> parse_decimal(std::string_view text) noexcept {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) {
      return std::nullopt;
    }
  }
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

std::optional<Timestamp> parse_pax_time(std::string_view text) noexcept {
  const std::size_t point = text.find('.');
  const std::optional<std::int64_t> seconds = parse_decimal(text.substr(0, point));
  if (!seconds) {
    return std::nullopt;
  }
  const std::string_view fraction = point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
  std::uint32_t nanoseconds = 0;
  for (std::size_t i = 0; i < std::max(fraction.size(), nanosecond_digits); ++i) {
    const char digit = i < fraction.size() ? fraction[i] : '0';
    if (digit < '0' || digit > '9') {
      return std::nullopt;
    }
    if (i < nanosecond_digits) {
      nanoseconds = nanoseconds * 10 + static_cast<std::uint32_t>(digit - '0');
    }
  }
  if (!text.starts_with('-') || nanoseconds == 0) {
    return Timestamp{*seconds, nanoseconds};
  }
  // "-1.25" is a quarter second before -1, and a Timestamp counts its fraction upwards.
  if (*seconds == std::numeric_limits<std::int64_t>::min()) {
    return std::nullopt;
  }
  return Timestamp{*seconds - 1, nanoseconds_per_second - nanoseconds};
}

std::string format_pax_time(const Timestamp& time) {
  if (time.nanoseconds == 0) {
    return fmt::format("{}", time.seconds);
  }
  const bool negative = time.seconds < 0;
  const std::int64_t seconds = negative ? -(time.seconds + 1) : time.seconds;
  const std::uint32_t nanoseconds = negative ? nanoseconds_per_second - time.nanoseconds : time.nanoseconds;
  std::string text = fmt::format("{}{}.{:09}", negative ? "-" : "", seconds, nanoseconds);
  text.resize(text.find_last_not_of('0') + 1);
  return text;
}

void apply_pax(const PaxRecords& records, TarMember& member) {
  const auto set_text = [&](std::string_view key, std::string& text) {
    if (const auto value = find_record(records, key)) {
      text = *value;
    }
  };
  const auto set_id = [&](std::string_view key, std::uint64_t& id) {
    if (const auto value = find_record(records, key)) {
      id = not_negative(parse_decimal(*value), key);
    }
  };
  set_text(pax_key::path, member.path);
  set_text(pax_key::link_path, member.link_target);
  set_text(pax_key::user_name, member.user_name);
  set_text(pax_key::group_name, member.group_name);
  set_id(pax_key::uid, member.uid);
  set_id(pax_key::gid, member.gid);
  if (const auto value = find_record(records, pax_key::mtime)) {
    const std::optional<Timestamp> time = parse_pax_time(*value);
    if (!time) {
      throw Error(Code::corrupt, fmt::format("mtime '{}' is not a time", oci::shown(*value)));
    }
    member.mtime = *time;
  }
  apply_xattrs(records, member);
}

std::string format_pax(const PaxRecords& records) {
  std::string text;
  for (const auto& [key, value] : records) {
    const std::size_t rest = key.size() + value.size() + 3;  // ' ', '=' and '\n'
    std::size_t length = rest + fmt::formatted_size("{}", rest);
    length = rest + fmt::formatted_size("{}", length);  // the length's own digits may have made it a digit longer
    text += fmt::format("{} {}={}\n", length, key, value);
  }
  return text;
}

}  // namespace nacre::archive
