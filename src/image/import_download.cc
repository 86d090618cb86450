#include "image/import_download.h"

#include <cstring>
#include <deque>

#include <fmt/format.h>

#include "base/error.h"
#include "image/curl_library.h"
#include "oci/shown.h"

namespace nacre::image {

namespace {

constexpr long max_redirects = 10;
constexpr long connect_seconds = 30;
constexpr long stall_seconds = 60;  // without a byte
constexpr int poll_milliseconds = 100;
// libcurl hands out at most this much at a time, and the transfer is paused while as much waits to be read.
constexpr long piece_size = 256 * 1024;

struct FreeEasy {
  void operator()(CURL* handle) const noexcept { curl_library().easy_cleanup(handle); }
};
struct FreeMulti {
  void operator()(CURLM* handle) const noexcept { curl_library().multi_cleanup(handle); }
};

Code code_of_status(long status) {
  switch (status) {
    case 404:
    case 410:
      return Code::not_found;
    case 401:
    case 403:
      return Code::permission_denied;
    default:
      return Code::unavailable;
  }
}

// One transfer, driven by whoever reads it: there is no thread.
class CurlDownload : public Download {
 public:
  CurlDownload(const std::string& url, CancelToken cancel)
      : shown_url_(oci::shown(without_credentials(url))), cancel_(std::move(cancel)) {
    easy_.reset(curl_.easy_init());
    multi_.reset(curl_.multi_init());
    if (!easy_ || !multi_) {
      throw Error(Code::internal, "start a download: out of memory");
    }
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 1L);
    set(CURLOPT_MAXREDIRS, max_redirects);
    set(CURLOPT_FAILONERROR, 1L);
    set(CURLOPT_CONNECTTIMEOUT, connect_seconds);
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, stall_seconds);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_USERAGENT, "nacre");
    set(CURLOPT_BUFFERSIZE, piece_size);
    set(CURLOPT_ERRORBUFFER, message_);
    set(CURLOPT_WRITEFUNCTION, &CurlDownload::receive);
    set(CURLOPT_WRITEDATA, this);
    check(curl_.multi_add_handle(multi_.get(), easy_.get()));
  }

  ~CurlDownload() override { curl_.multi_remove_handle(multi_.get(), easy_.get()); }
  CurlDownload(const CurlDownload&) = delete;
  CurlDownload& operator=(const CurlDownload&) = delete;

  archive::Chunk next() override {
    while (waiting_.empty() && !ended_) {
      cancel_.check();
      if (std::exchange(paused_, false)) {
        curl_.easy_pause(easy_.get(), CURLPAUSE_CONT);  // may call receive()
      }
      int running = 0;
      check(curl_.multi_perform(multi_.get(), &running));
      take_result();
      if (waiting_.empty() && !ended_) {
        check(curl_.multi_poll(multi_.get(), nullptr, 0, poll_milliseconds, nullptr));
      }
    }
    if (waiting_.empty()) {
      return {};
    }
    archive::Chunk chunk = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= chunk.bytes.size();
    return chunk;
  }

  std::uint64_t total() const override {
    curl_off_t length = 0;
    const auto result = curl_.easy_getinfo(easy_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    return result == CURLE_OK && length > 0 ? static_cast<std::uint64_t>(length) : 0;
  }

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    if (const CURLcode result = curl_.easy_setopt(easy_.get(), option, value); result != CURLE_OK) {
      fail(Code::internal, curl_.easy_strerror(result));
    }
  }

  void check(CURLMcode result) const {
    if (result != CURLM_OK) {
      fail(Code::internal, curl_.multi_strerror(result));
    }
  }

  [[noreturn]] void fail(Code code, std::string_view cause) const {
    throw Error(code, fmt::format("download {}: {}", shown_url_, cause));
  }

  // Called by libcurl. An exception must not pass through it.
  static std::size_t receive(const char* data, std::size_t, std::size_t length, void* self) noexcept {
    auto& download = *static_cast<CurlDownload*>(self);
    if (download.waiting_bytes_ >= static_cast<std::size_t>(piece_size)) {
      download.paused_ = true;
      return CURL_WRITEFUNC_PAUSE;
    }
    try {
      const auto memory = std::make_shared_for_overwrite<std::byte[]>(length);
      std::memcpy(memory.get(), data, length);
      download.waiting_.push_back({memory, {memory.get(), length}});
      download.waiting_bytes_ += length;
      return length;
    } catch (const std::bad_alloc&) {
      return CURL_WRITEFUNC_ERROR;
    }
  }

  void take_result() {
    int left = 0;
    const CURLMsg* const message = curl_.multi_info_read(multi_.get(), &left);
    if (message == nullptr || message->msg != CURLMSG_DONE) {
      return;
    }
    ended_ = true;
    const CURLcode result = message->data.result;
    if (result == CURLE_HTTP_RETURNED_ERROR) {
      long status = 0;
      curl_.easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
      fail(code_of_status(status), fmt::format("the server answered with HTTP status {}", status));
    }
    if (result == CURLE_URL_MALFORMAT || result == CURLE_UNSUPPORTED_PROTOCOL) {
      fail(Code::invalid_argument, "not a valid http or https URL");
    }
    if (result == CURLE_TOO_MANY_REDIRECTS) {
      fail(Code::unavailable, fmt::format("redirected more than {} times", max_redirects));
    }
    if (result != CURLE_OK) {
      fail(Code::unavailable, message_[0] != '\0' ? oci::shown(message_) : curl_.easy_strerror(result));
    }
  }

  const CurlLibrary& curl_ = curl_library();
  std::string shown_url_;
  CancelToken cancel_;
  char message_[CURL_ERROR_SIZE] = {};
  std::deque<archive::Chunk> waiting_;
  std::size_t waiting_bytes_ = 0;
  bool paused_ = false;
  bool ended_ = false;
  std::unique_ptr<CURL, FreeEasy> easy_;
  std::unique_ptr<CURLM, FreeMulti> multi_;
};

}  // namespace

std::unique_ptr<Download> open_download(const std::string& url, CancelToken cancel) {
  return std::make_unique<CurlDownload>(url, std::move(cancel));
}

std::string without_credentials(const std::string& url) {
  const std::size_t start = url.find("://");
  if (start == std::string::npos) {
    return url;
  }
  const std::size_t host = start + 3;
  const std::size_t end = std::min(url.find_first_of("/?#", host), url.size());
  const std::size_t at = url.rfind('@', end);
  return at == std::string::npos || at < host ? url : url.substr(0, host) + url.substr(at + 1);
}

}  // namespace nacre::image
