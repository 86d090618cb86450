// libcurl, loaded by the first request. Linking it would have every command load its 25 libraries, which takes as long
// as all the rest of a short command. Internal to net/.
#pragma once

#include <curl/curl.h>

namespace nacre::net {

// The functions a transfer needs, named as libcurl names them without their prefix.
struct CurlLibrary {
  decltype(&curl_global_init) global_init;
  decltype(&curl_easy_init) easy_init;
  decltype(&curl_easy_setopt) easy_setopt;
  decltype(&curl_easy_getinfo) easy_getinfo;
  decltype(&curl_easy_pause) easy_pause;
  decltype(&curl_easy_strerror) easy_strerror;
  decltype(&curl_easy_reset) easy_reset;
  decltype(&curl_easy_cleanup) easy_cleanup;
  decltype(&curl_slist_append) slist_append;
  decltype(&curl_slist_free_all) slist_free_all;
  decltype(&curl_multi_init) multi_init;
  decltype(&curl_multi_add_handle) multi_add_handle;
  decltype(&curl_multi_remove_handle) multi_remove_handle;
  decltype(&curl_multi_perform) multi_perform;
  decltype(&curl_multi_poll) multi_poll;
  decltype(&curl_multi_info_read) multi_info_read;
  decltype(&curl_multi_strerror) multi_strerror;
  decltype(&curl_multi_cleanup) multi_cleanup;
};

// Loads and starts libcurl on the first call, from any thread; it stays loaded. Throws Error(unavailable) where it is
// not installed.
const CurlLibrary& curl_library();

}  // namespace nacre::net
