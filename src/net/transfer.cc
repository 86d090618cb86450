#include "net/transfer.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "net/proxy.h"
#include "net/url.h"
#include "oci/ascii.h"
#include "oci/shown.h"

namespace nacre::net {

namespace {

constexpr long receive_size = 256 * 1024;  // libcurl hands out at most so much at a time
constexpr int poll_milliseconds = 100;     // how soon a cancellation is seen
constexpr std::size_t max_header_bytes = 256 * 1024;

std::string_view trimmed(std::string_view text) {
  const std::size_t start = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  text.remove_prefix(start);
  return text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
}

}  // namespace

bool may_reach(Reach reach, AddressKind kind) noexcept {
  switch (kind) {
    case AddressKind::link_local:
      return reach == Reach::any;
    case AddressKind::loopback:
      return reach != Reach::not_local;
    case AddressKind::other:
      return true;
  }
  return false;
}

Connection Connection::make() {
  const CurlLibrary& curl = curl_library();
  Connection connection;
  connection.easy.reset(curl.easy_init());
  connection.multi.reset(curl.multi_init());
  if (!connection.easy || !connection.multi) {
    throw Error(Code::internal, "start a request: out of memory");
  }
  return connection;
}

Transfer::Transfer(Connection connection, const Request& request, const std::string& url, Authorization authorization,
                   Reach reach, const ClientOptions& options, CancelToken cancel)
    : options_(options),
      cancel_(std::move(cancel)),
      reach_(reach),
      connection_(std::move(connection)),
      shown_url_(shown_url(url)),
      method_(request.method),
      body_(request.body) {
  head_.url = url;
  set_up(request, url, authorization);
  check(curl_.multi_add_handle(connection_.multi.get(), connection_.easy.get()));
}

Transfer::~Transfer() {
  if (connection_.easy) {
    curl_.multi_remove_handle(connection_.multi.get(), connection_.easy.get());
  }
}

void Transfer::set_up(const Request& request, const std::string& url, Authorization authorization) {
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION,
      static_cast<long>(CURL_HTTP_VERSION_1_1));  // a connection each: ranges do not share a window
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_BUFFERSIZE, receive_size);
  set(CURLOPT_UPLOAD_BUFFERSIZE, receive_size);
  set(CURLOPT_ERRORBUFFER, message_);
  set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_open);
  set(CURLOPT_OPENSOCKETDATA, this);
  set_proxy(url);
  set_tls(request.tls);
  set_body(request.body, request.method);
  for (const auto& [name, value] : request.headers.fields()) {
    add_header(value.empty() ? name + ";" : fmt::format("{}: {}", name, value));
  }
  if (authorization == Authorization::send && !request.authorization.empty()) {
    add_header(fmt::format("Authorization: {}", request.authorization.reveal()));
  }
  add_header("Expect:");  // libcurl would wait a second for servers that never heard of it
  set(CURLOPT_HTTPHEADER, header_lines_.get());
}

void Transfer::set_tls(const TlsSettings& tls) {
  const long verify = tls.verify == Verify::yes ? 1 : 0;
  set(CURLOPT_SSL_VERIFYPEER, verify);
  set(CURLOPT_SSL_VERIFYHOST, verify * 2);
  if (const char* const file = std::getenv("SSL_CERT_FILE"); file != nullptr) {
    set(CURLOPT_CAINFO, file);
  }
  if (const char* const folder = std::getenv("SSL_CERT_DIR"); folder != nullptr) {
    set(CURLOPT_CAPATH, folder);
  }
  if (!tls.authorities.empty()) {  // takes the place of the bundle; the system's folder still counts
    curl_blob authorities{const_cast<char*>(tls.authorities.data()), tls.authorities.size(), CURL_BLOB_COPY};
    set(CURLOPT_CAINFO_BLOB, &authorities);
  }
  if (!tls.client_certificate.empty()) {
    set(CURLOPT_SSLCERT, tls.client_certificate.c_str());
    set(CURLOPT_SSLKEY, tls.client_key.empty() ? tls.client_certificate.c_str() : tls.client_key.c_str());
  }
}

void Transfer::set_proxy(const std::string& url) {
  const std::string proxy = proxy_for(url);
  set(CURLOPT_PROXY, proxy.c_str());  // "": none, whatever libcurl would find by itself
  set(CURLOPT_NOPROXY, no_proxy().c_str());
  proxied_ = !proxy.empty();
}

void Transfer::set_body(const RequestBody& body, const std::string& method) {
  if (body.source == nullptr) {
    set(CURLOPT_HTTPGET, 1L);
    if (method == "HEAD") {
      set(CURLOPT_NOBODY, 1L);
    } else if (method != "GET") {
      set(CURLOPT_CUSTOMREQUEST, method.c_str());
      if (method != "DELETE") {
        add_header("Content-Length: 0");
      }
    }
    return;
  }
  set(CURLOPT_UPLOAD, 1L);
  set(CURLOPT_CUSTOMREQUEST, method.c_str());
  set(CURLOPT_READFUNCTION, &Transfer::on_send);
  set(CURLOPT_READDATA, this);
  if (body.length) {
    set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(*body.length));
  }
}

void Transfer::add_header(const std::string& line) {
  if (line.find_first_of("\r\n") != std::string::npos) {
    throw Error(Code::invalid_argument, fmt::format("{} {}: a header contains a line break", method_, shown_url_));
  }
  curl_slist* const list = header_lines_.release();
  curl_slist* const longer = curl_.slist_append(list, line.c_str());
  header_lines_.reset(longer == nullptr ? list : longer);
  if (longer == nullptr) {
    throw std::bad_alloc();
  }
}

template <class Value>
void Transfer::set(CURLoption option, Value value) {
  if (const CURLcode result = curl_.easy_setopt(connection_.easy.get(), option, value); result != CURLE_OK) {
    fail(Code::internal, curl_.easy_strerror(result));
  }
}

const ResponseHead& Transfer::await_head() {
  run_until([&] { return head_here_; });
  if (!head_here_) {
    fail(Code::unavailable, "the server closed the connection without an answer");
  }
  return head_;
}

std::size_t Transfer::read(MutableBytes buffer) {
  const std::size_t kept = std::min(buffer.size(), overflow_.size() - overflow_read_);
  std::copy_n(overflow_.data() + overflow_read_, kept, buffer.data());
  overflow_read_ += kept;
  if (overflow_read_ == overflow_.size()) {
    overflow_.clear();
    overflow_read_ = 0;
  }
  target_ = buffer.subspan(kept);
  filled_ = 0;
  run_until([&] { return filled_ == target_.size(); });
  target_ = {};
  return kept + filled_;
}

AddressKind Transfer::server_kind() const {
  char* address = nullptr;
  curl_.easy_getinfo(connection_.easy.get(), CURLINFO_PRIMARY_IP, &address);
  return proxied_ || address == nullptr ? AddressKind::other : kind_of(std::string_view(address));
}

Connection Transfer::take_connection() {
  connection_.kind = server_kind();
  curl_.multi_remove_handle(connection_.multi.get(), connection_.easy.get());
  curl_.easy_reset(connection_.easy.get());  // forgets this transfer; the connection is the multi handle's
  return std::move(connection_);
}

template <class Arrived>
void Transfer::run_until(Arrived arrived) {
  using Clock = std::chrono::steady_clock;
  Clock::time_point last_move = Clock::now();
  while (!ended_ && !arrived()) {
    cancel_.check();
    const std::uint64_t moved_before = moved_;
    resume();
    int running = 0;
    check(curl_.multi_perform(connection_.multi.get(), &running));
    take_result();
    if (ended_ || arrived()) {
      break;
    }
    if (moved_ != moved_before) {
      last_move = Clock::now();
    } else if (Clock::now() - last_move > options_.stall_timeout) {
      fail(Code::unavailable, fmt::format("no byte came for {} ms", options_.stall_timeout.count()));
    }
    check(curl_.multi_poll(connection_.multi.get(), nullptr, 0, poll_milliseconds, nullptr));
  }
}

void Transfer::resume() {
  if (std::exchange(paused_, false)) {
    curl_.easy_pause(connection_.easy.get(), CURLPAUSE_CONT);  // may call on_body()
  }
}

void Transfer::take_result() {
  int left = 0;
  const CURLMsg* const message = curl_.multi_info_read(connection_.multi.get(), &left);
  if (message == nullptr || message->msg != CURLMSG_DONE) {
    return;
  }
  ended_ = true;
  if (failure_) {
    std::rethrow_exception(std::exchange(failure_, nullptr));
  }
  if (message->data.result != CURLE_OK) {
    fail_with(message->data.result);
  }
}

void Transfer::check(CURLMcode result) const {
  if (result != CURLM_OK) {
    fail(Code::internal, curl_.multi_strerror(result));
  }
}

void Transfer::fail(Code code, std::string_view cause) const {
  throw Error(code, fmt::format("{} {}: {}", method_, shown_url_, cause));
}

void Transfer::fail_with(CURLcode result) {
  if (refused_address_) {
    fail(Code::permission_denied,
         "another server named this URL, which leads to an address of this machine or its link: not followed");
  }
  const std::string cause = message_[0] != '\0' ? oci::shown(message_) : curl_.easy_strerror(result);
  switch (static_cast<int>(result)) {
    case CURLE_URL_MALFORMAT:
      fail(Code::invalid_argument, "not a valid http or https URL");
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
      fail(Code::permission_denied, cause);
    case CURLE_OUT_OF_MEMORY:
      throw std::bad_alloc();
    case CURLE_UNSUPPORTED_PROTOCOL:  // no HTTP came: what an earlier answer had too much of, or another kind of server
      fail(Code::unavailable, cause);
    // Nothing was said yet: the errno tells that apart from an answer that broke off.
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      throw Error(Code::unavailable, fmt::format("{} {}: {}", method_, shown_url_, cause), EHOSTUNREACH);
    case CURLE_SSL_CONNECT_ERROR:
      throw Error(Code::unavailable, fmt::format("{} {}: {}", method_, shown_url_, cause), EPROTO);
    default:
      fail(Code::unavailable, cause);
  }
}

std::size_t Transfer::on_header(const char* data, std::size_t, std::size_t length, void* self) noexcept {
  auto& transfer = *static_cast<Transfer*>(self);
  try {
    transfer.moved_ += length;
    transfer.header_bytes_ += length;
    transfer.take_header({data, length});
    return length;
  } catch (...) {
    transfer.failure_ = std::current_exception();
    return 0;
  }
}

void Transfer::take_header(std::string_view line) {
  if (head_here_) {
    return;  // a trailer
  }
  if (header_bytes_ > max_header_bytes) {
    fail(Code::unavailable, "the answer's headers have no end");
  }
  if (line.starts_with("HTTP/")) {  // of this answer, not of a 1xx or of a proxy before it
    head_.headers = {};
    head_.content_length.reset();
    return;
  }
  line = trimmed(line);
  if (!line.empty()) {
    const std::size_t colon = std::min(line.find(':'), line.size());
    head_.headers.add(std::string(line.substr(0, colon)),
                      std::string(trimmed(line.substr(std::min(colon + 1, line.size())))));
    return;
  }
  long status = 0;
  curl_.easy_getinfo(connection_.easy.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status >= 200) {
    head_.status = static_cast<int>(status);
    head_here_ = true;
    curl_off_t length = -1;
    curl_.easy_getinfo(connection_.easy.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (length >= 0) {
      head_.content_length = static_cast<std::uint64_t>(length);
    }
    head_.names_reach = server_kind() == AddressKind::loopback ? Reach::not_link_local : Reach::not_local;
  }
}

std::size_t Transfer::on_body(const char* data, std::size_t, std::size_t length, void* self) noexcept {
  auto& transfer = *static_cast<Transfer*>(self);
  try {
    return transfer.take_body(as_bytes({data, length}));
  } catch (...) {
    transfer.failure_ = std::current_exception();
    return CURL_WRITEFUNC_ERROR;
  }
}

std::size_t Transfer::take_body(Bytes bytes) {
  if (filled_ == target_.size()) {
    paused_ = true;
    return CURL_WRITEFUNC_PAUSE;  // libcurl keeps the bytes and offers them again
  }
  const std::size_t fits = std::min(bytes.size(), target_.size() - filled_);
  std::copy_n(bytes.data(), fits, target_.data() + filled_);
  filled_ += fits;
  overflow_.assign(bytes.begin() + static_cast<std::ptrdiff_t>(fits), bytes.end());
  overflow_read_ = 0;
  moved_ += bytes.size();
  return bytes.size();
}

std::size_t Transfer::on_send(char* buffer, std::size_t, std::size_t room, void* self) noexcept {
  auto& transfer = *static_cast<Transfer*>(self);
  try {
    return transfer.give_body(std::as_writable_bytes(std::span(buffer, room)));
  } catch (...) {
    transfer.failure_ = std::current_exception();
    return CURL_READFUNC_ABORT;
  }
}

std::size_t Transfer::give_body(MutableBytes room) {
  if (sending_.empty()) {
    sending_ = body_.source->next();
  }
  const std::size_t length = std::min(room.size(), sending_.bytes.size());
  std::copy_n(sending_.bytes.data(), length, room.data());
  sending_.bytes = sending_.bytes.subspan(length);
  moved_ += length;
  return length;
}

curl_socket_t Transfer::on_open(void* self, curlsocktype, curl_sockaddr* address) noexcept {
  auto& transfer = *static_cast<Transfer*>(self);
  if (!may_reach(transfer.reach_, kind_of(address->addr)) && !transfer.proxied_) {
    transfer.refused_address_ = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

}  // namespace nacre::net
