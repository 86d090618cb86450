#include "oci/reference.h"

#include <vector>

#include <gtest/gtest.h>

#include "test/unit/oci/errors.h"

namespace nacre::oci {
namespace {

const std::string hex64 = "1a3f5e7d9c1b3a5f7e9d1c3b5a7f9e1d3c5b7a9f1e3d5d7c9b1a3f5e7d9c1b3a";
const std::string sha256 = "sha256:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";
const std::string sha512 = "sha512:" + std::string(128, 'f');
const std::string bad_format = "invalid: invalid reference format";

std::string repeat(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) {
    out += text;
  }
  return out;
}

struct Parsed {
  std::string input;
  std::string domain;
  std::string path;
  std::string tag = {};
  std::string digest = {};
};

void expect_parsed(const Parsed& expected) {
  SCOPED_TRACE(expected.input);
  const Reference reference = Reference::parse(expected.input);
  EXPECT_EQ(reference.domain(), expected.domain);
  EXPECT_EQ(reference.path(), expected.path);
  EXPECT_EQ(reference.tag().value_or(""), expected.tag);
  EXPECT_EQ(reference.digest() ? reference.digest()->str() : "", expected.digest);
  EXPECT_EQ(Reference::parse(reference.str()), reference);
}

// The cases of distribution/reference's own tests, as ParseNormalizedNamed reads them.
TEST(Reference, ParsesWhatDistributionParses) {
  const std::vector<Parsed> cases = {
      {"test_com", "docker.io", "library/test_com"},
      {"test.com:tag", "docker.io", "library/test.com", "tag"},
      {"test.com:5000", "docker.io", "library/test.com", "5000"},
      {"test.com/repo:tag", "test.com", "repo", "tag"},
      {"test:5000/repo", "test:5000", "repo"},
      {"test:5000/repo:tag", "test:5000", "repo", "tag"},
      {"test:5000/repo@" + sha256, "test:5000", "repo", "", sha256},
      {"test:5000/repo:tag@" + sha256, "test:5000", "repo", "tag", sha256},
      {"lowercase:Uppercase", "docker.io", "library/lowercase", "Uppercase"},
      {"sub-dom1.foo.com/bar/baz/quux", "sub-dom1.foo.com", "bar/baz/quux"},
      {"sub-dom1.foo.com/bar/baz/quux:some-long-tag", "sub-dom1.foo.com", "bar/baz/quux", "some-long-tag"},
      {"b.gcr.io/test.example.com/my-app:test.example.com", "b.gcr.io", "test.example.com/my-app", "test.example.com"},
      {"xn--n3h.com/myimage:xn--n3h.com", "xn--n3h.com", "myimage", "xn--n3h.com"},
      {"xn--7o8h.com/myimage:xn--7o8h.com@" + sha512, "xn--7o8h.com", "myimage", "xn--7o8h.com", sha512},
      {"foo_bar.com:8080", "docker.io", "library/foo_bar.com", "8080"},
      {"foo/foo_bar.com:8080", "docker.io", "foo/foo_bar.com", "8080"},
      {"192.168.1.1", "docker.io", "library/192.168.1.1"},
      {"192.168.1.1:tag", "docker.io", "library/192.168.1.1", "tag"},
      {"192.168.1.1:5000", "docker.io", "library/192.168.1.1", "5000"},
      {"192.168.1.1/repo", "192.168.1.1", "repo"},
      {"192.168.1.1:5000/repo", "192.168.1.1:5000", "repo"},
      {"192.168.1.1:5000/repo:5050", "192.168.1.1:5000", "repo", "5050"},
      {"[2001:db8::1]/repo", "[2001:db8::1]", "repo"},
      {"[2001:db8:1:2:3:4:5:6]/repo:tag", "[2001:db8:1:2:3:4:5:6]", "repo", "tag"},
      {"[2001:db8::1]:5000/repo", "[2001:db8::1]:5000", "repo"},
      {"[2001:db8::1]:5000/repo:tag", "[2001:db8::1]:5000", "repo", "tag"},
      {"[2001:db8::1]:5000/repo@" + sha256, "[2001:db8::1]:5000", "repo", "", sha256},
      {"[2001:db8::1]:5000/repo:tag@" + sha256, "[2001:db8::1]:5000", "repo", "tag", sha256},
      {"[2001:db8::]:5000/repo", "[2001:db8::]:5000", "repo"},
      {"[::1]:5000/repo", "[::1]:5000", "repo"},
      {"registry.com:8080/myapp:tag", "registry.com:8080", "myapp", "tag"},
      {"localhost:8080@" + sha256, "docker.io", "library/localhost", "8080", sha256},
      {"localhost:8080/name@" + sha256, "localhost:8080", "name", "", sha256},
      {"localhost@" + sha256, "docker.io", "library/localhost", "", sha256},
      {"localhost/name", "localhost", "name"},
      {"localhost:5000/a/b/c", "localhost:5000", "a/b/c"},
      {"aa/aa/bb/bb/bb", "docker.io", "aa/aa/bb/bb/bb"},
      {"registry.io/foo/project--id.module--name.ver---sion--name", "registry.io",
       "foo/project--id.module--name.ver---sion--name"},
      {"example.com/some_separator__underscore/myimage", "example.com", "some_separator__underscore/myimage"},
      {"Asdf.com/foo/bar", "Asdf.com", "foo/bar"},
      {"docker---rules/docker", "docker.io", "docker---rules/docker"},
      {"dock__er/docker", "docker.io", "dock__er/docker"},
      {"d/docker", "docker.io", "d/docker"},
      {"docker.io/" + hex64, "docker.io", "library/" + hex64},
      {"192.168.0.1:80", "docker.io", "library/192.168.0.1", "80"},
      {"[fc00:1:2:3:4:5:6:7]:5000/library/debian", "[fc00:1:2:3:4:5:6:7]:5000", "library/debian"},
      {hex64.substr(1), "docker.io", "library/" + hex64.substr(1)},
      {hex64 + ":tag", "docker.io", "library/" + hex64, "tag"},
      {"0101.com:750050/a", "0101.com:750050", "a"},
  };
  for (const Parsed& expected : cases) {
    expect_parsed(expected);
  }
}

TEST(Reference, Normalises) {
  struct Case {
    std::string path, familiar, full, ambiguous, domain;
  };
  const std::vector<Case> cases = {
      {"fooo/bar", "fooo/bar", "docker.io/fooo/bar", "index.docker.io/fooo/bar", "docker.io"},
      {"library/ubuntu", "ubuntu", "docker.io/library/ubuntu", "library/ubuntu", "docker.io"},
      {"nonlibrary/ubuntu", "nonlibrary/ubuntu", "docker.io/nonlibrary/ubuntu", "", "docker.io"},
      {"other/library", "other/library", "docker.io/other/library", "", "docker.io"},
      {"private/moonbase", "127.0.0.1:8000/private/moonbase", "127.0.0.1:8000/private/moonbase", "", "127.0.0.1:8000"},
      {"privatebase", "127.0.0.1:8000/privatebase", "127.0.0.1:8000/privatebase", "", "127.0.0.1:8000"},
      {"private/moonbase", "example.com/private/moonbase", "example.com/private/moonbase", "", "example.com"},
      {"privatebase", "example.com:8000/privatebase", "example.com:8000/privatebase", "", "example.com:8000"},
      {"library/ubuntu-12.04-base", "ubuntu-12.04-base", "docker.io/library/ubuntu-12.04-base",
       "index.docker.io/library/ubuntu-12.04-base", "docker.io"},
      {"library/foo", "foo", "docker.io/library/foo", "docker.io/foo", "docker.io"},
      {"library/foo/bar", "library/foo/bar", "docker.io/library/foo/bar", "", "docker.io"},
      {"store/foo/bar", "store/foo/bar", "docker.io/store/foo/bar", "", "docker.io"},
      {"bar", "Foo/bar", "Foo/bar", "", "Foo"},
      {"bar", "FOO/bar", "FOO/bar", "", "FOO"},
      {"library/debian", "debian", "docker.io/library/debian", "index.docker.io/debian", "docker.io"},
  };
  for (const Case& c : cases) {
    for (const std::string& input : {c.familiar, c.full, c.ambiguous.empty() ? c.full : c.ambiguous}) {
      SCOPED_TRACE(input);
      const Reference reference = Reference::parse(input);
      EXPECT_EQ(reference.familiar_name(), c.familiar);
      EXPECT_EQ(reference.familiar(), c.familiar);
      EXPECT_EQ(reference.name(), c.full);
      EXPECT_EQ(reference.str(), c.full);
      EXPECT_EQ(reference.domain(), c.domain);
      EXPECT_EQ(reference.path(), c.path);
    }
  }
}

TEST(Reference, RefusesWhatDistributionRefuses) {
  for (const std::string& input : {
           std::string(),
           std::string(":justtag"),
           "@" + sha256,
           std::string("aa/asdf$$^/aa"),
           std::string("[2001:db8::1]"),
           std::string("[2001:db8::1]:5000"),
           std::string("[2001:db8::1]:tag"),
           std::string("[fe80::1%eth0]:5000/repo"),
           std::string("[fe80::1%@invalidzone]:5000/repo"),
           std::string("[2001:db8:3:4::192.0.2.33]:5000/debian"),
           std::string("[fd00:1:2::3]75050/a"),
           std::string("[fd00:1:2::3]::75050/a"),
           std::string("[]/a"),
           std::string("fc00::1:5000/debian"),
           std::string("https://github.com/docker/docker"),
           std::string("-docker"),
           std::string("-docker/docker"),
           std::string("docker-/docker"),
           std::string("-docker.io/docker/docker"),
           std::string("docker///docker"),
           std::string("docker.io/docker///docker"),
           std::string("docker/"),
           std::string("/docker"),
           std::string("docker.io/"),
           std::string("____/____"),
           std::string("_docker/_docker"),
           std::string("docker_/docker_"),
           std::string("dock..er/docker"),
           std::string("dock_.er/docker"),
           std::string("dock-.er/docker"),
           std::string("a___b"),
           std::string("do__cker:8080/docker"),
           std::string("foo.com:http/bar"),
           std::string("foo.com:/bar"),
           std::string("foo.com/a-/a/a"),
           std::string("example.com/__underscore/myimage"),
           std::string("example.com/..dots/myimage"),
           std::string("example.com/.dots/myimage"),
           std::string("bad_hostname.com:8080/myapp:tag"),
           std::string("registry.com:8080/myapp:invalid~tag"),
           std::string("registry.com:8080/myapp@sha256:badbadbadbad"),
           std::string("registry.com:8080/myapp@bad"),
           std::string("registry.com:8080/myapp@2bad"),
           "a@2sha:" + std::string(64, 'f'),
           "a@sha256::" + std::string(64, 'f'),
           "a@sha256-:" + std::string(64, 'f'),
           "a@" + sha256 + "@" + sha256,
           "a@" + sha256 + ":tag",
           std::string("alpine:"),
           std::string("alpine::3"),
           std::string("alpine:.3"),
           std::string("alpine:-3"),
           std::string("alpine:3.20:1"),
           std::string("alpine@"),
           std::string("alpine 3"),
           std::string(" alpine"),
           std::string("alpine\n"),
           std::string("alpine:3\n"),
           std::string("alp\0ine", 7),
           std::string("../alpine"),
           std::string("./alpine"),
           std::string("größe"),
       }) {
    EXPECT_EQ(error_of([&] { Reference::parse(input); }), bad_format) << input;
  }
}

TEST(Reference, SaysThatNamesAreLowerCase) {
  const auto error = [](std::string_view input) { return error_of([&] { Reference::parse(input); }); };
  const std::string start = "invalid: invalid reference format: repository name (";
  EXPECT_EQ(error("Foo"), start + "library/Foo) must be lowercase");
  EXPECT_EQ(error("Uppercase:tag"), start + "library/Uppercase) must be lowercase");
  EXPECT_EQ(error("docker/Docker"), start + "docker/Docker) must be lowercase");
  EXPECT_EQ(error("docker.io/docker/Docker"), start + "docker/Docker) must be lowercase");
  EXPECT_EQ(error("test:5000/Uppercase/lowercase:tag"), start + "Uppercase/lowercase) must be lowercase");
  EXPECT_EQ(error("Foo/FarB"), start + "FarB) must be lowercase");
  EXPECT_EQ(error("alpine@SHA256:0"), start + "library/alpine@SHA256) must be lowercase");
  EXPECT_EQ(error("A\x1b[2J"), start + "library/A\\x1b[2J) must be lowercase");
  // The domain is no host name, but would do as the first part of a path.
  EXPECT_EQ(error("A_b/foo"), "invalid: repository name must be lowercase");
}

TEST(Reference, RefusesImageIds) {
  EXPECT_EQ(error_of([] { Reference::parse(hex64); }),
            "invalid: invalid repository name (" + hex64 + "), cannot specify 64-byte hexadecimal strings");
}

TEST(Reference, PathHasAtMost255Characters) {
  const std::string longest = repeat("a/", 127) + "a";
  ASSERT_EQ(longest.size(), 255U);
  EXPECT_EQ(Reference::parse("example.com/" + longest + ":tag-puts-this-over-max").path(), longest);
  EXPECT_EQ(error_of([&] { Reference::parse("example.com/a" + longest); }),
            "invalid: repository name must not be more than 255 characters");
  // library/ counts.
  EXPECT_EQ(Reference::parse(std::string(247, 'a')).path().size(), 255U);
  EXPECT_THROW(Reference::parse(std::string(248, 'a')), Error);
}

TEST(Reference, TagHasAtMost128Characters) {
  EXPECT_EQ(Reference::parse("a:" + std::string(128, 'T')).tag(), std::string(128, 'T'));
  EXPECT_EQ(error_of([] { Reference::parse("a:" + std::string(129, 'T')); }), bad_format);
  EXPECT_EQ(Reference::parse("a:_._-").tag(), "_._-");
}

TEST(Reference, ChecksTheDigest) {
  const auto error = [](std::string_view input) { return error_of([&] { Reference::parse(input); }); };
  EXPECT_TRUE(error("repo@sha256:" + std::string(34, 'f')).ends_with("invalid checksum digest length"));
  EXPECT_TRUE(error("name@invaliddigest:" + std::string(64, 'f')).ends_with("unsupported digest algorithm"));
  EXPECT_TRUE(error("name@sha256+b64:" + std::string(64, 'f')).ends_with("unsupported digest algorithm"));
  EXPECT_TRUE(error("name@sha256:" + std::string(64, 'F')).ends_with("invalid checksum digest format"));
}

TEST(Reference, TakesAnImpossibleRegistryForAPathAsDockerDoes) {
  const Reference reference = Reference::parse("a_b.c/d:1");
  EXPECT_EQ(reference.domain(), "");
  EXPECT_EQ(reference.name(), "a_b.c/d");
  EXPECT_EQ(reference.familiar(), "a_b.c/d:1");
  EXPECT_EQ(Reference::parse(reference.str()), reference);
}

TEST(Reference, KeepsTagAndDigest) {
  const std::string text = "busybox:latest@sha256:86e0e091d0da6bde2456dbb48306f3956bbeb2eae1b5b9a43045843f69fe4aaa";
  const Reference reference = Reference::parse(text);
  EXPECT_EQ(reference.str(), "docker.io/library/" + text);
  EXPECT_EQ(reference.familiar(), text);
}

TEST(Reference, DefaultTagOnlyForABareName) {
  EXPECT_EQ(Reference::parse("busybox").with_default_tag().str(), "docker.io/library/busybox:latest");
  EXPECT_EQ(Reference::parse("busybox:1").with_default_tag().tag(), "1");
  EXPECT_EQ(Reference::parse("busybox@" + sha256).with_default_tag().str(), "docker.io/library/busybox@" + sha256);
}

TEST(Reference, ChangesTagAndDigest) {
  const Reference bare = Reference::parse("test.com:8000/foo");
  EXPECT_EQ(bare.with_tag("TAG5").str(), "test.com:8000/foo:TAG5");
  const Reference both = bare.with_digest(Digest::parse(sha256)).with_tag("tag");
  EXPECT_EQ(both.str(), "test.com:8000/foo:tag@" + sha256);
  EXPECT_EQ(both.without_tag_and_digest(), bare);
  for (const std::string& tag : {std::string(), std::string("-foo"), std::string("a/b"), std::string(129, 'a')}) {
    EXPECT_TRUE(error_of([&] { bare.with_tag(tag); }).ends_with("': invalid tag format")) << tag;
  }
}

TEST(Reference, Orders) {
  EXPECT_LT(Reference::parse("alpine:1"), Reference::parse("alpine:2"));
  EXPECT_LT(Reference::parse("alpine"), Reference::parse("alpine:1"));
  EXPECT_LT(Reference::parse("alpine"), Reference::parse("busybox"));
}

TEST(FamiliarMatch, AgreesWithDistribution) {
  struct Case {
    std::string reference, pattern;
    bool matches;
  };
  const std::vector<Case> cases = {
      {"foo", "foo/**/ba[rz]", false},
      {"foo/any/bat", "foo/**/ba[rz]", false},
      {"foo/a/bar", "foo/**/ba[rz]", true},
      {"foo/b/baz", "foo/**/ba[rz]", true},
      {"foo/c/baz:tag", "foo/**/ba[rz]", true},
      {"foo/c/baz:tag", "foo/*/baz:tag", true},
      {"foo/c/baz:tag", "foo/c/baz:tag", true},
      {"example.com/foo/c/baz:tag", "*/foo/c/baz", true},
      {"example.com/foo/c/baz:tag", "example.com/foo/c/baz", true},
      {"alpine:3.20", "alpine", true},
      {"alpine:3.20", "alpine:*", true},
      {"alpine:3.20", "*:3.20", true},
      {"alpine:3.20", "*", true},
      {"alpine:3.20", "alp", false},
      {"alpine:3.20", "*/*", false},
      {"user/app:1", "*", false},
      {"user/app:1", "*/*", true},
      {"alpine@" + sha256, "alpine@sha256:*", true},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(familiar_match(c.pattern, Reference::parse(c.reference)), c.matches) << c.pattern << ' ' << c.reference;
  }
}

TEST(FamiliarMatch, TakesFullNamesThatAreSpeltOut) {
  const Reference alpine = Reference::parse("alpine:3.20");
  EXPECT_TRUE(familiar_match("docker.io/library/alpine", alpine));
  EXPECT_TRUE(familiar_match("docker.io/library/*:3.20", alpine));
  EXPECT_FALSE(familiar_match("docker.io/alpine", alpine));
  EXPECT_FALSE(familiar_match("*/library/alpine", alpine));
}

TEST(FamiliarMatch, RefusesABadPattern) {
  EXPECT_EQ(error_of([] { familiar_match("[-x]", Reference::parse("foo")); }),
            "invalid: pattern '[-x]': syntax error in pattern");
}

}  // namespace
}  // namespace nacre::oci
