// One request to one server: no redirects, no retries. Internal to net/.
#pragma once

#include <chrono>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "net/address.h"
#include "net/client.h"
#include "net/curl_library.h"

namespace nacre::net {

struct FreeEasy {
  void operator()(CURL* handle) const noexcept { curl_library().easy_cleanup(handle); }
};
struct FreeMulti {
  void operator()(CURLM* handle) const noexcept { curl_library().multi_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const noexcept { curl_library().slist_free_all(list); }
};

// libcurl's handles, which keep the connection after a transfer.
struct Connection {
  std::unique_ptr<CURL, FreeEasy> easy;
  std::unique_ptr<CURLM, FreeMulti> multi;
  std::string origin;                     // that it is connected to
  AddressKind kind = AddressKind::other;  // of the address there

  static Connection make();  // connected to nothing
};

bool may_reach(Reach reach, AddressKind kind) noexcept;

// Drives a request over a connection it owns meanwhile. One thread, and one place: libcurl keeps its address.
class Transfer {
 public:
  // Whether request.authorization is sent.
  enum class Authorization : std::uint8_t { send, leave_out };
  // The source of request.body outlives await_head().
  Transfer(Connection connection, const Request& request, const std::string& url, Authorization authorization,
           Reach reach, const ClientOptions& options, CancelToken cancel);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // Sends, until the head of the final response is here (after any 1xx).
  const ResponseHead& await_head();
  // Fills the buffer or stops at the end; 0 at the end.
  std::size_t read(MutableBytes buffer);
  // What the server's address is; known once its head is here.
  AddressKind server_kind() const;
  // The connection, fit for another request if this one came to its end; libcurl closes it otherwise.
  Connection take_connection();

 private:
  void set_up(const Request& request, const std::string& url, Authorization authorization);
  void set_tls(const TlsSettings& tls);
  void set_body(const RequestBody& body, const std::string& method);
  void set_proxy(const std::string& url);
  void add_header(const std::string& line);
  template <class Value>
  void set(CURLoption option, Value value);

  // Runs libcurl until something has happened that `arrived` waits for, or the transfer ended.
  template <class Arrived>
  void run_until(Arrived arrived);
  void take_result();
  void resume();
  void check(CURLMcode result) const;
  [[noreturn]] void fail(Code code, std::string_view cause) const;
  [[noreturn]] void fail_with(CURLcode result);

  static std::size_t on_header(const char* data, std::size_t, std::size_t length, void* self) noexcept;
  static std::size_t on_body(const char* data, std::size_t, std::size_t length, void* self) noexcept;
  static std::size_t on_send(char* buffer, std::size_t, std::size_t room, void* self) noexcept;
  static curl_socket_t on_open(void* self, curlsocktype, curl_sockaddr* address) noexcept;
  void take_header(std::string_view line);
  std::size_t take_body(Bytes bytes);
  std::size_t give_body(MutableBytes room);

  const CurlLibrary& curl_ = curl_library();
  const ClientOptions& options_;
  CancelToken cancel_;
  Reach reach_;
  Connection connection_;
  std::string shown_url_;
  std::string method_;
  std::unique_ptr<curl_slist, FreeList> header_lines_;
  RequestBody body_;
  archive::Chunk sending_;  // what is left of the body's current chunk
  bool proxied_ = false;

  ResponseHead head_;
  bool head_here_ = false;
  MutableBytes target_;              // where on_body() puts what comes
  std::size_t filled_ = 0;           // of target_
  std::vector<std::byte> overflow_;  // what came beyond it
  std::size_t overflow_read_ = 0;
  bool paused_ = false;
  bool ended_ = false;
  bool refused_address_ = false;
  std::size_t header_bytes_ = 0;
  std::uint64_t moved_ = 0;  // bytes in either direction, to notice a stall
  char message_[CURL_ERROR_SIZE] = {};
  std::exception_ptr failure_;  // of a callback: no exception may pass through libcurl
};

}  // namespace nacre::net
