// URLs as far as a client of registries needs them. Source: RFC 3986.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nacre::net {

// What a credential is for: it is sent to the origin it was made for and to no other.
// "https://host:443", lower case, the port always there; nothing when it is no http or https URL with a host.
std::optional<std::string> origin_of(std::string_view url);

// A URL as it may be shown: without its user name and password.
std::string without_credentials(const std::string& url);

// The same for messages: without its query, too, where signed URLs have their secrets, and fit for a terminal.
std::string shown_url(const std::string& url);

// `text` fit to stand in a query: all but unreserved characters escaped.
std::string escape_query(std::string_view text);

// An absolute URL as it stands, or a path ("/v2/...", "../x?y") seen from `base`. Source: RFC 3986, 5.2.
std::string resolve(std::string_view base, std::string_view reference);

}  // namespace nacre::net
