#include "runtime/seccomp.h"

#include <gmock/gmock.h>
#include <seccomp.h>

#include "errors.h"

namespace nacre::runtime::test {
namespace {

using oci::OrderedJson;
using testing::ElementsAre;
using testing::IsEmpty;

const SeccompHost host = {"amd64", 6, 1, X32::supported};

OrderedJson translate(std::string_view syscalls, std::vector<std::string> capabilities = {},
                      const SeccompHost& on = host) {
  const std::string profile = std::string(R"({"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "archMap": [
        {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]},
        {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]}], "syscalls": [)") +
                              std::string(syscalls) + "]}";
  return translate_seccomp(profile, capabilities, on);
}

std::vector<std::string> allowed(const OrderedJson& seccomp) {
  std::vector<std::string> names;
  for (const auto& rule : seccomp["syscalls"]) {
    if (rule["action"] == "SCMP_ACT_ALLOW") {
      names.insert(names.end(), rule["names"].begin(), rule["names"].end());
    }
  }
  return names;
}

TEST(Seccomp, keeps_default_and_the_hosts_architectures) {
  const OrderedJson seccomp = translate("");
  EXPECT_EQ(seccomp["defaultAction"], "SCMP_ACT_ERRNO");
  EXPECT_EQ(seccomp["defaultErrnoRet"], 38);
  EXPECT_EQ(seccomp["architectures"], (OrderedJson{"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"}));
  EXPECT_EQ(translate("", {}, {"arm64", 6, 1, X32::absent})["architectures"],
            (OrderedJson{"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"}));
}

TEST(Seccomp, x32_is_left_out_where_the_kernel_has_none) {
  EXPECT_EQ(translate("", {}, {"amd64", 6, 1, X32::absent})["architectures"],
            (OrderedJson{"SCMP_ARCH_X86_64", "SCMP_ARCH_X86"}));
}

TEST(Seccomp, drops_names_that_libseccomp_does_not_know) {
  EXPECT_THAT(allowed(translate(R"({"names": ["read", "no_such_call", "write"], "action": "SCMP_ACT_ALLOW"})")),
              ElementsAre("read", "write"));
  EXPECT_THAT(allowed(translate(R"({"names": ["no_such_call"], "action": "SCMP_ACT_ALLOW"})")), IsEmpty());
}

TEST(Seccomp, joins_rules_of_one_action) {
  const OrderedJson seccomp = translate(R"({"names": ["read"], "action": "SCMP_ACT_ALLOW"},
                                           {"names": ["mount"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1},
                                           {"names": ["write", "read"], "action": "SCMP_ACT_ALLOW"})");
  EXPECT_EQ(seccomp["syscalls"].size(), 2U);
  EXPECT_THAT(allowed(seccomp), ElementsAre("read", "write"));
}

TEST(Seccomp, conditions_on_capabilities) {
  constexpr std::string_view rules =
      R"({"names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}},
         {"names": ["umount2"], "action": "SCMP_ACT_ALLOW", "excludes": {"caps": ["CAP_SYS_ADMIN", "CAP_CHOWN"]}},
         {"names": ["read"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN", "CAP_CHOWN"]}})";
  EXPECT_THAT(allowed(translate(rules)), ElementsAre("umount2"));
  EXPECT_THAT(allowed(translate(rules, {"CAP_SYS_ADMIN"})), ElementsAre("mount"));
  EXPECT_THAT(allowed(translate(rules, {"CAP_SYS_ADMIN", "CAP_CHOWN"})), ElementsAre("mount", "read"));
}

TEST(Seccomp, conditions_on_architecture_and_kernel) {
  constexpr std::string_view rules =
      R"({"names": ["read"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["arm64"]}},
         {"names": ["write"], "action": "SCMP_ACT_ALLOW", "excludes": {"arches": ["arm64"]}},
         {"names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "4.8"}},
         {"names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "6.2"}})";
  EXPECT_THAT(allowed(translate(rules)), ElementsAre("ptrace", "write"));
  EXPECT_THAT(allowed(translate(rules, {}, {"arm64", 6, 2})), ElementsAre("mount", "ptrace", "read"));
  EXPECT_THAT(allowed(translate(rules, {}, {"amd64", 4, 7})), ElementsAre("write"));
}

TEST(Seccomp, keeps_arguments) {
  const OrderedJson seccomp = translate(
      R"({"names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 8, "valueTwo": 0,
          "op": "SCMP_CMP_EQ"}], "comment": "", "includes": {}, "excludes": {}})");
  ASSERT_EQ(seccomp["syscalls"].size(), 1U);
  EXPECT_EQ(seccomp["syscalls"][0]["args"][0]["value"], 8);
  EXPECT_EQ(seccomp["syscalls"][0]["args"][0]["op"], "SCMP_CMP_EQ");
}

TEST(Seccomp, damaged_profiles_are_refused) {
  EXPECT_NE(error_of([] { translate_seccomp("{", {}, host); }), "no error");
  EXPECT_NE(error_of([] { translate_seccomp("[]", {}, host); }), "no error");
  EXPECT_NE(error_of([] { translate_seccomp("{}", {}, host); }), "no error");
  EXPECT_NE(error_of([] { translate(R"({"names": "read", "action": "SCMP_ACT_ALLOW"})"); }), "no error");
  EXPECT_NE(error_of([] { translate(R"({"names": ["read"]})"); }), "no error");
  EXPECT_NE(error_of([] { translate(R"({"names": ["read"], "action": "A", "args": [{"index": -1}]})"); }), "no error");
}

// What a runtime does with the result, with the library it uses.
TEST(Seccomp, the_hosts_profile_makes_a_filter) {
  const auto path = find_seccomp_profile();
  if (!path) {
    GTEST_SKIP() << "no profile on this host";
  }
  const OrderedJson seccomp =
      translate_seccomp(read_file(*path, 1 << 20), std::vector<std::string>{"CAP_CHOWN"}, SeccompHost::current());
  EXPECT_EQ(seccomp["defaultAction"], "SCMP_ACT_ERRNO");
  EXPECT_FALSE(seccomp["architectures"].empty());
  scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ERRNO(38));
  ASSERT_NE(filter, nullptr);
  int added = 0;
  for (const auto& rule : seccomp["syscalls"]) {
    const std::uint32_t action =
        rule["action"] == "SCMP_ACT_ALLOW" ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(rule.value("errnoRet", 1U));
    if (rule.contains("args") || action == SCMP_ACT_ERRNO(38)) {
      continue;
    }
    for (const auto& name : rule["names"]) {
      const int number = ::seccomp_syscall_resolve_name(name.get<std::string>().c_str());
      EXPECT_EQ(::seccomp_rule_add(filter, action, number, 0), 0) << name;
      ++added;
    }
  }
  ::seccomp_release(filter);
  EXPECT_GT(added, 300);
  EXPECT_THAT(allowed(seccomp), testing::IsSupersetOf({"read", "openat", "clone", "chown"}));
  EXPECT_THAT(allowed(seccomp), testing::Not(testing::Contains("kexec_load")));
}

}  // namespace
}  // namespace nacre::runtime::test
