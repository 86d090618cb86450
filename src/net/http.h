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

struct Request {
  std::string method = "GET";
  std::string url = {};
  Headers headers = {};
  Secret authorization = {};  // the value of the header Authorization; left out once a redirect leads to another origin
  RequestBody body = {};
  Redirects redirects = Redirects::follow;
  TlsSettings tls = {};
};

struct ResponseHead {
  int status = 0;
  Headers headers;
  std::string url;  // that answered: another than was asked, after redirects
  std::optional<std::uint64_t> content_length;
};

}  // namespace nacre::net
