#include "net/url.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "oci/ascii.h"
#include "oci/shown.h"

namespace nacre::net {

namespace {

struct Split {
  std::string_view scheme;     // "https"
  std::string_view authority;  // "user@host:1"
  std::string_view path;       // "/v2/"
  std::string_view query;      // "?a=b", with its mark
};

std::optional<Split> split(std::string_view url) {
  const std::size_t colon = url.find("://");
  if (colon == std::string_view::npos || url.find_first_of("/?#") < colon) {
    return std::nullopt;
  }
  Split parts;
  parts.scheme = url.substr(0, colon);
  std::string_view rest = url.substr(colon + 3);
  rest = rest.substr(0, rest.find('#'));
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  parts.authority = rest.substr(0, end);
  rest.remove_prefix(end);
  const std::size_t mark = std::min(rest.find('?'), rest.size());
  parts.path = rest.substr(0, mark);
  parts.query = rest.substr(mark);
  return parts;
}

bool has_port(std::string_view host) {
  const std::size_t bracket = host.rfind(']');
  return host.find(':', bracket == std::string_view::npos ? 0 : bracket) != std::string_view::npos;
}

std::string without_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  bool ends_in_folder = false;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(end);
    ends_in_folder = segment == "." || segment == "..";
    if (segment == "..") {
      if (!kept.empty()) {
        kept.pop_back();
      }
    } else if (segment != ".") {
      kept.push_back(segment);
    }
  }
  std::string result;
  for (const std::string_view segment : kept) {
    result += '/';
    result += segment;
  }
  return ends_in_folder || result.empty() ? result + '/' : result;
}

}  // namespace

std::optional<std::string> origin_of(std::string_view url) {
  const auto parts = split(url);
  if (!parts) {
    return std::nullopt;
  }
  const std::string scheme = oci::lower(parts->scheme);
  const std::string host = oci::lower(parts->authority.substr(parts->authority.rfind('@') + 1));
  if ((scheme != "http" && scheme != "https") || host.empty() || host.starts_with(':')) {
    return std::nullopt;
  }
  const std::string_view port = has_port(host) ? "" : scheme == "https" ? ":443" : ":80";
  return fmt::format("{}://{}{}", scheme, host, port);
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

std::string shown_url(const std::string& url) {
  return oci::shown(without_credentials(url.substr(0, url.find('?'))));
}

std::string escape_query(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (oci::is_alphanumeric(c) || oci::is_upper(c) || std::string_view("-._~").contains(c)) {
      escaped += c;
    } else {
      escaped += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return escaped;
}

std::string resolve(std::string_view base, std::string_view reference) {
  reference = reference.substr(0, reference.find('#'));
  const auto parts = split(base);
  if (!parts || split(reference)) {
    return std::string(reference);
  }
  if (reference.starts_with("//")) {
    return fmt::format("{}:{}", parts->scheme, reference);
  }
  const std::string start = fmt::format("{}://{}", parts->scheme, parts->authority);
  if (reference.empty()) {
    return fmt::format("{}{}{}", start, parts->path, parts->query);
  }
  const std::size_t mark = std::min(reference.find('?'), reference.size());
  const std::string_view query = reference.substr(mark);
  const std::string_view path = reference.substr(0, mark);
  if (path.empty()) {
    return fmt::format("{}{}{}", start, parts->path, query);
  }
  const std::string merged = path.starts_with('/')
                                 ? std::string(path)
                                 : fmt::format("{}/{}", parts->path.substr(0, parts->path.rfind('/')), path);
  return start + without_dot_segments(merged) + std::string(query);
}

}  // namespace nacre::net
