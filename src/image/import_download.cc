#include "image/import_download.h"

#include <fmt/format.h>

#include "base/error.h"
#include "net/client.h"
#include "net/url.h"

namespace nacre::image {

namespace {

Code code_of_status(int status) {
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

class HttpDownload : public Download {
 public:
  HttpDownload(std::string url, CancelToken cancel) : url_(std::move(url)), cancel_(std::move(cancel)) {}

  archive::Chunk next() override {
    if (!response_) {
      start();
    }
    archive::Chunk chunk = response_->next();
    const auto& length = response_->head().content_length;
    came_ += chunk.bytes.size();
    if (chunk.empty() && length && came_ < *length) {
      throw Error(Code::unavailable,
                  fmt::format("download {}: {} bytes came of {}", net::shown_url(url_), came_, *length));
    }
    return chunk;
  }

  std::uint64_t total() const override { return response_ ? response_->head().content_length.value_or(0) : 0; }

 private:
  void start() {
    net::Request request{.url = url_};
    request.headers.add("User-Agent", "nacre");
    response_ = client_.send(request, cancel_);
    const int status = response_->head().status;
    if (status != 200) {
      throw Error(code_of_status(status),
                  fmt::format("download {}: the server answered with HTTP status {}", net::shown_url(url_), status));
    }
  }

  std::string url_;
  CancelToken cancel_;
  net::Client client_;
  std::unique_ptr<net::Response> response_;
  std::uint64_t came_ = 0;
};

}  // namespace

std::unique_ptr<Download> open_download(const std::string& url, CancelToken cancel) {
  return std::make_unique<HttpDownload>(url, std::move(cancel));
}

}  // namespace nacre::image
