// Requests and responses as values. Source: RFC 9110.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archive/byte_stream.h"
#include "base/secret.h"
#include "net/tls.h"

namespace nacre::net {

// Fields in the order in which they came; their names compare without regard to case.
class Headers {
 public:
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  // The first of that name; nothing when there is none.
  std::optional<std::string_view> find(std::string_view name) const;
  std::vector<std::string_view> all(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& fields() const noexcept { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

enum class Redirects : std::uint8_t {
  follow,  // GET and HEAD
  report,  // the 3xx is the response
};

// Where a body comes from, and how long it is; without a length it is sent in chunks.
struct RequestBody {
  archive::ByteSource* source = nullptr;  // read by the thread that sends; outlives the call
  std::optional<std::uint64_t> length;
};

// Which addresses may answer. A URL that a server named must not lead to where only this machine can go: what listens
// there may trust whoever can reach it.
enum class Reach : std::uint8_t {
  any,
  not_link_local,  // 169.254.0.0/16, fe80::/10: where clouds keep their secrets
  not_local,       // nor the loopback
};

struct Request {
  std::string method = "GET";
  std::string url = {};
  Headers headers = {};
  Secret authorization = {};  // the value of the header Authorization; left out once a redirect leads to another origin
  RequestBody body = {};
  Redirects redirects = Redirects::follow;
  Reach reach = Reach::any;  // for a URL that a server named: that server's ResponseHead::names_reach
  TlsSettings tls = {};
};

struct ResponseHead {
  int status = 0;
  Headers headers;
  std::string url;  // that answered: another than was asked, after redirects
  std::optional<std::uint64_t> content_length;
  Reach names_reach = Reach::any;  // of URLs that this answer names: anything but other servers of this machine or link
};

}  // namespace nacre::net
