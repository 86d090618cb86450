// When to try again. Internal to registry/.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/cancel.h"
#include "net/http.h"

namespace nacre::registry {

inline constexpr int max_attempts = 5;

// Whether the same request may get a better answer later: 408, 429, 500, 502, 503, 504.
bool is_passing(int status) noexcept;

// How long to wait before attempt `next` (from 2 on): twice as long each time, a random half of it taken off so that
// clients that failed together do not come back together. A server's Retry-After counts instead, up to a minute.
std::chrono::milliseconds retry_delay(int next, const net::Headers* answer);

// Retry-After as seconds or as an HTTP date (RFC 9110, 10.2.3); nothing for anything else.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view value,
                                                      std::chrono::system_clock::time_point now);

// Waits, in a way the token can end.
void wait(std::chrono::milliseconds time, const CancelToken& cancel);

}  // namespace nacre::registry
