// Points in time as images record them, and their texts.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nacre {

// Nanoseconds since 1970-01-01T00:00:00Z, split so that tar's 64-bit seconds fit. nanoseconds is 0..999999999.
struct Timestamp {
  std::int64_t seconds = 0;
  std::uint32_t nanoseconds = 0;
  auto operator<=>(const Timestamp&) const = default;

  static Timestamp now();
  // RFC 3339 with optional fraction and zone ("2024-01-02T03:04:05.678Z", "...+02:00"); nothing if it is not one.
  static std::optional<Timestamp> parse(std::string_view text);
  // UTC, fraction only as long as needed: "2024-01-02T03:04:05.678Z" (Go's RFC3339Nano).
  std::string rfc3339() const;
  // In the local zone, as docker's tables print it: "2024-01-02 03:04:05 +0200 CEST".
  std::string local_text() const;
};

// A length of time as docker's flags write it ("1h30m", "24h", "1.5s", "-2m"), in nanoseconds; nothing if malformed.
std::optional<std::int64_t> parse_duration(std::string_view text);
// A length of time in words, as docker's tables have it: "Less than a second", "About a minute", "3 weeks".
std::string duration_in_words(std::int64_t seconds);

}  // namespace nacre
