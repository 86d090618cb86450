#include "net/curl_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include "base/error.h"

namespace nacre::net {

namespace {

constexpr const char* soname = "libcurl.so.4";

[[noreturn]] void fail(const char* cause) {
  throw Error(Code::unavailable,
              fmt::format("load {}: {}; registries and downloads need the package libcurl4", soname, cause));
}

template <class Function>
void find(void* library, const char* name, Function& function) {
  void* const address = dlsym(library, name);
  if (address == nullptr) {
    fail(dlerror());
  }
  function = reinterpret_cast<Function>(address);
}

CurlLibrary load() {
  void* const library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    fail(dlerror());
  }
  CurlLibrary curl{};
  find(library, "curl_global_init", curl.global_init);
  find(library, "curl_easy_init", curl.easy_init);
  find(library, "curl_easy_setopt", curl.easy_setopt);
  find(library, "curl_easy_getinfo", curl.easy_getinfo);
  find(library, "curl_easy_pause", curl.easy_pause);
  find(library, "curl_easy_strerror", curl.easy_strerror);
  find(library, "curl_easy_reset", curl.easy_reset);
  find(library, "curl_easy_cleanup", curl.easy_cleanup);
  find(library, "curl_slist_append", curl.slist_append);
  find(library, "curl_slist_free_all", curl.slist_free_all);
  find(library, "curl_multi_init", curl.multi_init);
  find(library, "curl_multi_add_handle", curl.multi_add_handle);
  find(library, "curl_multi_remove_handle", curl.multi_remove_handle);
  find(library, "curl_multi_perform", curl.multi_perform);
  find(library, "curl_multi_poll", curl.multi_poll);
  find(library, "curl_multi_info_read", curl.multi_info_read);
  find(library, "curl_multi_strerror", curl.multi_strerror);
  find(library, "curl_multi_cleanup", curl.multi_cleanup);
  if (const CURLcode started = curl.global_init(CURL_GLOBAL_DEFAULT); started != CURLE_OK) {
    fail(curl.easy_strerror(started));
  }
  return curl;
}

}  // namespace

const CurlLibrary& curl_library() {
  static const CurlLibrary library = load();
  return library;
}

}  // namespace nacre::net
