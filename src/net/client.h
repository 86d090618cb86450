// An HTTP client.
//
// Nothing runs in the background: a request is driven by the thread that sends it and reads its response, and a
// response that nobody reads stops its sender (TCP's own back-pressure). Any number of threads may share a Client;
// connections are kept and used again by whoever comes next.
#pragma once

#include <chrono>
#include <memory>

#include "base/cancel.h"
#include "net/http.h"

namespace nacre::net {

struct ClientOptions {
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(15);
  std::chrono::milliseconds stall_timeout = std::chrono::seconds(20);  // without a byte, while one is waited for
};

// A response whose head is here and whose body is read as it comes. One thread. What is not read to the end is dropped,
// and the connection with it.
class Response : public archive::ByteSource {
 public:
  virtual const ResponseHead& head() const = 0;
  // Fills the buffer, or as much of it as there is before the end; 0 at the end. Throws as send() does.
  virtual std::size_t read(MutableBytes buffer) = 0;
  // The same as chunks, each in memory of its own.
  archive::Chunk next() override;
};

class Client {
 public:
  explicit Client(ClientOptions options = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Sends a request and waits for the head of the answer, whatever its status. http and https; at most ten redirects,
  // never from https to http. A redirect to another origin goes without credentials, and neither to a link-local
  // address nor, unless the first server was on the loopback itself, to the loopback (see Reach).
  // Proxies as the environment names them (HTTPS_PROXY, HTTP_PROXY, NO_PROXY, and in lower case).
  //
  // Throws Error: unavailable when the server stalls or breaks off, for which trying again may help, and when it cannot
  // be reached at all (sys_errno: EHOSTUNREACH, or EPROTO when what answers there does not speak TLS);
  // permission_denied when it does not prove who it is, or a redirect leads where it may not; invalid_argument for a
  // URL that is none. What the body's source throws passes through. Throws Cancelled.
  std::unique_ptr<Response> send(const Request& request, const CancelToken& cancel);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace nacre::net
