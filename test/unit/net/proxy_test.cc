#include "net/proxy.h"

#include <cstdlib>

#include <gtest/gtest.h>

namespace nacre::net {
namespace {

// Each test is a process of its own, so that what it sets is gone afterwards.
class ProxyTest : public testing::Test {
 protected:
  ProxyTest() {
    for (const char* const name :
         {"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy", "REQUEST_METHOD"}) {
      ::unsetenv(name);
    }
  }
};

TEST_F(ProxyTest, TheSchemeChooses) {
  EXPECT_EQ(proxy_for("https://q.io/"), "");
  ::setenv("HTTPS_PROXY", "http://secure:1", 1);
  ::setenv("http_proxy", "http://plain:2", 1);
  EXPECT_EQ(proxy_for("https://q.io/"), "http://secure:1");
  EXPECT_EQ(proxy_for("http://q.io/"), "http://plain:2");
}

TEST_F(ProxyTest, AHeaderOfARequestIsNoProxy) {
  ::setenv("HTTP_PROXY", "http://evil:1", 1);
  EXPECT_EQ(proxy_for("http://q.io/"), "http://evil:1");
  ::setenv("REQUEST_METHOD", "GET", 1);
  EXPECT_EQ(proxy_for("http://q.io/"), "");
}

TEST_F(ProxyTest, TheLoopbackNeverHasOne) {
  EXPECT_EQ(no_proxy(), "localhost,127.0.0.0/8,::1");
  ::setenv("no_proxy", "lan,10.0.0.0/8", 1);
  EXPECT_EQ(no_proxy(), "lan,10.0.0.0/8,localhost,127.0.0.0/8,::1");
  ::setenv("NO_PROXY", "*", 1);
  EXPECT_EQ(no_proxy(), "*");
}

}  // namespace
}  // namespace nacre::net
