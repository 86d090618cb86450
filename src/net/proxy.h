// Which proxy a request goes through. Internal to net/.
#pragma once

#include <string>
#include <string_view>

namespace nacre::net {

// As the environment says, in the way of Go's net/http, which docker's users are used to: HTTPS_PROXY or HTTP_PROXY by
// the URL's scheme, either in lower case too; "" for none. NO_PROXY is no_proxy()'s; the loopback never has a proxy.
std::string proxy_for(std::string_view url);
// Hosts that are reached directly, as libcurl's CURLOPT_NOPROXY takes them.
std::string no_proxy();

}  // namespace nacre::net
