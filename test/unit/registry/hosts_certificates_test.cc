// certs.d folders.
#include <gmock/gmock.h>

#include "test/unit/registry/hosts_test_support.h"

namespace nacre::registry {
namespace {

using testing::ElementsAre;

TEST_F(HostsTest, FoldersHoldCertificates) {
  write("certs.d/q.io/b.crt", "TWO");
  write("certs.d/q.io/a.crt", "ONE");
  write("more.d/q.io/c.crt", "THREE");
  write("certs.d/q.io/client.cert", "C");
  write("certs.d/q.io/client.key", "K");
  write("certs.d/q.io/readme.txt", "-");
  write("more.d/q.io/another.cert", "C");
  write("more.d/q.io/another.key", "K");
  const auto tls = endpoints("q.io")[0].tls;
  EXPECT_EQ(tls.authorities, "ONE\nTWO\nTHREE\n");
  EXPECT_EQ(tls.client_certificate, path("certs.d/q.io/client.cert"));
  EXPECT_EQ(tls.client_key, path("certs.d/q.io/client.key"));
  EXPECT_EQ(endpoints("q.io:5000")[0].tls, net::TlsSettings{});
}

TEST_F(HostsTest, HalfACertificateIsAnError) {
  write("certs.d/q.io/client.cert", "C");
  EXPECT_EQ(error_of("q.io", Code::not_found),
            "read certificates in certs.d/q.io: client.cert is there without client.key; authorities are named *.crt");
  write("certs.d/z.io/client.key", "K");
  EXPECT_EQ(error_of("z.io", Code::not_found),
            "read certificates in certs.d/z.io: client.key is there without client.cert; it has the certificate");
  write("certs.d/q.io/hosts.toml", "");  // which may speak of it
  EXPECT_EQ(endpoints("q.io")[0].tls, net::TlsSettings{});
}

TEST_F(HostsTest, AFolderMayBeSpeltInManyWays) {
  write("certs.d/q.io:5000/a.crt", "COLON");
  write("more.d/q.io_5000_/a.crt", "LINES");
  write("certs.d/docker.io/a.crt", "SHORT");
  write("more.d/registry-1.docker.io/a.crt", "LONG");
  write("certs.d/[fd00::1]_80_/a.crt", "SIX");
  write("certs.d/[fd00:_1]_/a.crt", "WRONG");
  EXPECT_EQ(endpoints("q.io:5000")[0].tls.authorities, "COLON\nLINES\n");
  EXPECT_EQ(endpoints("q.io")[0].tls.authorities, "");
  EXPECT_EQ(endpoints("docker.io")[0].tls.authorities, "SHORT\nLONG\n");
  EXPECT_EQ(endpoints("[fd00::1]:80")[0].tls.authorities, "SIX\n");
  EXPECT_EQ(endpoints("[fd00::1]")[0].tls.authorities, "");
}

TEST_F(HostsTest, TheDefaultFolderCountsWhereThereIsNoOther) {
  write("certs.d/_default/a.crt", "DEFAULT");
  write("certs.d/q.io/a.crt", "OWN");
  EXPECT_EQ(endpoints("q.io")[0].tls.authorities, "OWN\n");
  EXPECT_EQ(endpoints("z.io")[0].tls.authorities, "DEFAULT\n");
  write("more.d/_default/a.crt", "MORE");
  EXPECT_EQ(endpoints("q.io")[0].tls.authorities, "OWN\nMORE\n");
}

TEST_F(HostsTest, MirrorsHaveFoldersOfTheirOwn) {
  write("config.toml", "[[registry]]\nname = 'q.io'\nmirrors = ['https://m.lan:5000']\n");
  write("certs.d/m.lan:5000/a.crt", "MIRROR");
  write("certs.d/q.io/a.crt", "REGISTRY");
  write("certs.d/q.io/a.cert", "C");
  write("certs.d/q.io/a.key", "K");
  const auto found = endpoints("q.io");
  EXPECT_EQ(found[0].tls.authorities, "MIRROR\n");
  EXPECT_EQ(found[0].tls.client_certificate, "");
  EXPECT_EQ(found[1].tls.authorities, "REGISTRY\n");
}

TEST_F(HostsTest, ALocalRegistryWithAKnownAuthorityHasToShowItself) {
  write("certs.d/localhost_5000_/ca.crt", "ONE");
  EXPECT_THAT(places("localhost:5000"),
              ElementsAre("https://localhost:5000/v2/ns/repo", "http://localhost:5000/v2/ns/repo"));
  EXPECT_EQ(endpoints("localhost:5000")[0].tls.authorities, "ONE\n");
  write("config.toml", "insecure-registries = ['localhost:5000']");
  EXPECT_EQ(places("localhost:5000")[0], "https://localhost:5000/v2/ns/repo unverified");
}

TEST_F(HostsTest, LargeCertificatesAreRefused) {
  write("certs.d/q.io/a.crt", std::string(1024 * 1024 + 1, 'x'));
  EXPECT_EQ(error_of("q.io", Code::invalid_argument),
            "read 'certs.d/q.io/a.crt': larger than the 1048576 bytes allowed here");
}

}  // namespace
}  // namespace nacre::registry
