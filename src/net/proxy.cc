#include "net/proxy.h"

#include <cstdlib>

namespace nacre::net {

namespace {

std::string either(const char* upper, const char* lower) {
  for (const char* const name : {upper, lower}) {
    if (const char* const value = std::getenv(name); value != nullptr && *value != '\0') {
      return value;
    }
  }
  return {};
}

}  // namespace

std::string proxy_for(std::string_view url) {
  if (url.starts_with("https:")) {
    return either("HTTPS_PROXY", "https_proxy");
  }
  // In a CGI program HTTP_PROXY would be a header that the client chose. Source: CVE-2016-5386.
  const bool is_cgi = std::getenv("REQUEST_METHOD") != nullptr;
  return is_cgi ? either("http_proxy", "http_proxy") : either("HTTP_PROXY", "http_proxy");
}

std::string no_proxy() {
  const std::string named = either("NO_PROXY", "no_proxy");
  const std::string own = "localhost,127.0.0.0/8,::1";
  return named.empty() ? own : named == "*" ? named : named + "," + own;
}

}  // namespace nacre::net
