#include "runtime/mount_flags.h"

#include <filesystem>

#include <gmock/gmock.h>

#include "errors.h"

namespace nacre::runtime::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(VolumeFlag, binds_a_host_path) {
  const MountRequest plain = parse_volume_flag("/host//a/../b:/target/");
  EXPECT_EQ(plain.type, MountType::bind);
  EXPECT_EQ(plain.source, "/host/b");
  EXPECT_EQ(plain.target, "/target");
  EXPECT_EQ(plain.access, MountAccess::read_write);
  EXPECT_EQ(plain.propagation, "rprivate");
  EXPECT_EQ(plain.missing, MissingSource::create);

  const MountRequest full = parse_volume_flag("/host:/target:ro,Z,rslave");
  EXPECT_EQ(full.access, MountAccess::read_only);
  EXPECT_EQ(full.propagation, "rslave");
  EXPECT_EQ(parse_volume_flag("/a:/b:nocopy,cached").target, "/b");
}

TEST(VolumeFlag, takes_paths_of_the_callers_directory) {
  const std::string here = std::filesystem::current_path().native();
  EXPECT_EQ(parse_volume_flag(".:/b").source, here);
  EXPECT_EQ(parse_volume_flag("./x:/b").source, here + "/x");
}

TEST(VolumeFlag, alone_is_an_anonymous_volume) {
  EXPECT_EQ(parse_volume_flag("/data").type, MountType::anonymous_volume);
  EXPECT_EQ(parse_volume_flag("/data").target, "/data");
}

TEST(VolumeFlag, errors_are_dockers) {
  EXPECT_EQ(error_of([] { parse_volume_flag(""); }), "invalid empty volume spec");
  EXPECT_EQ(error_of([] { parse_volume_flag(":/b"); }), "invalid spec: :/b: empty section between colons");
  EXPECT_EQ(error_of([] { parse_volume_flag(":::"); }), "invalid spec: :::: empty section between colons");
  EXPECT_EQ(error_of([] { parse_volume_flag("/a:/b:c:d"); }), "invalid volume specification: '/a:/b:c:d'");
  EXPECT_EQ(error_of([] { parse_volume_flag("/a:/b:zz"); }), "invalid mode: zz");
  EXPECT_EQ(error_of([] { parse_volume_flag("/a:/b:ro,rw"); }), "invalid mode: ro,rw");
  EXPECT_EQ(error_of([] { parse_volume_flag("/a:/b:rslave,private"); }), "invalid mode: rslave,private");
  EXPECT_EQ(error_of([] { parse_volume_flag("/a:b"); }),
            "invalid volume specification: '/a:b': invalid mount path: 'b' mount path must be absolute");
  EXPECT_EQ(error_of([] { parse_volume_flag("/a:/x/.."); }),
            "invalid volume specification: '/a:/x/..': invalid specification: destination can't be '/'");
  EXPECT_THAT(error_of([] { parse_volume_flag("a!:/b"); }),
              HasSubstr("only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed"));
  EXPECT_THAT(error_of([] { parse_volume_flag("named:/b"); }), HasSubstr("named volumes are not supported"));
}

TEST(MountFlag, reads_key_and_value) {
  const MountRequest bind = parse_mount_flag("type=bind,src=/a,dst=/b,readonly,bind-propagation=rslave");
  EXPECT_EQ(bind.type, MountType::bind);
  EXPECT_EQ(bind.source, "/a");
  EXPECT_EQ(bind.target, "/b");
  EXPECT_EQ(bind.access, MountAccess::read_only);
  EXPECT_EQ(bind.propagation, "rslave");
  EXPECT_EQ(bind.missing, MissingSource::refuse);
  EXPECT_EQ(parse_mount_flag("TYPE=BIND,Source=/a,Destination=/b,ro=false").access, MountAccess::read_write);
  EXPECT_EQ(parse_mount_flag("type=bind,src=/a,dst=/b,bind-nonrecursive").recursion, Recursion::no);
  EXPECT_EQ(parse_mount_flag("type=bind,src=/a,dst=/b,bind-recursive=disabled").recursion, Recursion::no);
  EXPECT_EQ(parse_mount_flag("type=bind,src=/a,dst=/b,bind-create-src").missing, MissingSource::create);
  EXPECT_EQ(parse_mount_flag("type=bind,\"src=/with,comma\",\"dst=/q\"\"q\"").source, "/with,comma");
  EXPECT_EQ(parse_mount_flag("type=bind,\"src=/with,comma\",\"dst=/q\"\"q\"").target, "/q\"q");
  EXPECT_THAT(parse_mount_flag("type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=1770").tmpfs_options,
              ElementsAre("size=1048576", "mode=1770"));
  const MountRequest image = parse_mount_flag("type=image,src=alpine,dst=/i,image-subpath=etc");
  EXPECT_EQ(image.type, MountType::image);
  EXPECT_EQ(image.source, "alpine");
  EXPECT_EQ(image.image_subpath, "etc");
  EXPECT_EQ(parse_mount_flag("target=/v").type, MountType::anonymous_volume);
}

TEST(MountFlag, errors_are_dockers) {
  EXPECT_EQ(error_of([] { parse_mount_flag("type=bind,source=/a"); }), "target is required");
  EXPECT_EQ(error_of([] { parse_mount_flag(""); }), "EOF");
  EXPECT_EQ(error_of([] { parse_mount_flag("bogus"); }), "invalid field 'bogus' must be a key=value pair");
  EXPECT_EQ(error_of([] { parse_mount_flag("type=bind,src=/a,dst=/b,foo=1"); }), "unexpected key 'foo' in 'foo=1'");
  EXPECT_EQ(error_of([] { parse_mount_flag("type=bind,src=/a,dst=/b,ro=maybe"); }), "invalid value for ro: maybe");
  EXPECT_EQ(error_of([] { parse_mount_flag("type=bind,src=/a,dst=/b,tmpfs-size=1"); }),
            "cannot mix 'tmpfs-*' options with mount type 'bind'");
  EXPECT_EQ(error_of([] { parse_mount_flag("type=tmpfs,dst=/b,tmpfs-size=zz"); }), "invalid value for tmpfs-size: zz");
  EXPECT_EQ(error_of([] { parse_mount_flag("type=tmpfs,dst=/b,tmpfs-mode=9"); }), "invalid value for tmpfs-mode: 9");
  EXPECT_EQ(error_of([] { parse_mount_flag("type=tmpfs,dst=/b,bind-propagation=rslave"); }),
            "cannot mix 'bind-*' options with mount type 'tmpfs'");
  EXPECT_EQ(
      error_of([] { parse_mount_flag("type=image,src=x,dst=/b,bind-recursive=maybe"); }),
      "invalid value for bind-recursive: maybe (must be \"enabled\", \"disabled\", \"writable\", or \"readonly\")");
  EXPECT_EQ(error_of([] { parse_mount_flag("type=bind,\"src=/a"); }),
            "parse error on line 1, column 18: extraneous or missing \" in quoted-field");
  EXPECT_EQ(error_of([] { parse_mount_flag("type=foo,dst=/b"); }),
            "invalid mount config for type \"foo\": mount type unknown");
  EXPECT_EQ(error_of([] { parse_mount_flag("type=bind,dst=/b"); }),
            "invalid mount config for type \"bind\": field Source must not be empty");
  EXPECT_EQ(error_of([] { parse_mount_flag("type=bind,src=/a,dst=b"); }),
            "invalid mount config for type \"bind\": invalid mount path: 'b' mount path must be absolute");
  EXPECT_EQ(error_of([] { parse_mount_flag("type=tmpfs,src=/a,dst=/b"); }),
            "invalid mount config for type \"tmpfs\": field Source must not be specified");
  EXPECT_EQ(error_of([] { parse_mount_flag("type=bind,src=/a,dst=/b,bind-propagation=foo"); }),
            "invalid mount config for type \"bind\": invalid propagation mode: foo");
}

TEST(TmpfsFlag, adds_to_safe_defaults) {
  EXPECT_EQ(parse_tmpfs_flag("/run").target, "/run");
  EXPECT_THAT(merged_tmpfs_options(parse_tmpfs_flag("/run").tmpfs_options), ElementsAre("noexec", "nosuid", "nodev"));
  EXPECT_THAT(merged_tmpfs_options(parse_tmpfs_flag("/run:exec,size=64m,size=32m").tmpfs_options),
              ElementsAre("nosuid", "nodev", "exec", "size=32m"));
  EXPECT_EQ(error_of([] { parse_tmpfs_flag("foo"); }), "invalid mount path: 'foo' mount path must be absolute");
  EXPECT_EQ(error_of([] { parse_tmpfs_flag("/foo:zz"); }), "invalid tmpfs option [\"zz\"]");
}

TEST(Targets, are_mounted_once) {
  const std::vector<MountRequest> twice = {parse_volume_flag("/a:/b"), parse_tmpfs_flag("/b/")};
  EXPECT_EQ(error_of([&] { check_duplicate_targets(twice); }), "duplicate mount point: /b");
  const std::vector<MountRequest> once = {parse_volume_flag("/a:/b"), parse_tmpfs_flag("/b/c")};
  EXPECT_EQ(error_of([&] { check_duplicate_targets(once); }), "no error");
}

}  // namespace
}  // namespace nacre::runtime::test
