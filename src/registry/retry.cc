#include "registry/retry.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <random>
#include <string>
#include <thread>

namespace nacre::registry {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds first_delay{200};
constexpr milliseconds longest_delay{10'000};
constexpr std::chrono::seconds longest_asked{60};
constexpr milliseconds cancel_interval{50};

}  // namespace

bool is_passing(int status) noexcept {
  return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

std::chrono::milliseconds retry_delay(int next, const net::Headers* answer) {
  if (answer != nullptr) {
    const auto asked = answer->find("retry-after");
    if (const auto time = asked ? parse_retry_after(*asked, std::chrono::system_clock::now()) : std::nullopt) {
      return std::min(*time, longest_asked);
    }
  }
  const milliseconds full = std::min(longest_delay, first_delay * (1 << std::clamp(next - 2, 0, 10)));
  static thread_local std::minstd_rand random{std::random_device{}()};
  return full - milliseconds(std::uniform_int_distribution<milliseconds::rep>(0, full.count() / 2)(random));
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view value,
                                                      std::chrono::system_clock::time_point now) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (error == std::errc() && end == value.data() + value.size() && seconds >= 0) {
    return std::chrono::seconds(std::min<std::int64_t>(seconds, 24L * 3600));
  }
  std::tm date{};
  const std::string text(value);
  const char* const rest = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date);
  if (rest == nullptr || *rest != '\0') {
    return std::nullopt;
  }
  const auto then = std::chrono::system_clock::from_time_t(::timegm(&date));
  return std::max(std::chrono::seconds(0), std::chrono::ceil<std::chrono::seconds>(then - now));
}

void wait(std::chrono::milliseconds time, const CancelToken& cancel) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
    cancel.check();
    std::this_thread::sleep_for(
        std::min<std::chrono::steady_clock::duration>(cancel_interval, end - std::chrono::steady_clock::now()));
  }
  cancel.check();
}

}  // namespace nacre::registry
