#include "runtime/spec.h"

#include <gmock/gmock.h>

#include "runtime/spec_devices.h"

namespace nacre::runtime::test {
namespace {

using oci::OrderedJson;
using testing::Contains;
using testing::Not;

SpecInput plain() {
  SpecInput input;
  input.id = std::string(64, 'a');
  input.root = "/containers/root";
  input.arguments = {"sh"};
  input.environment = {"PATH=/bin"};
  input.user = {1000, 1001, {1001, 10}, "/home"};
  input.hostname = "aaaaaaaaaaaa";
  input.capabilities = {"CAP_CHOWN"};
  input.seccomp = OrderedJson{{"defaultAction", "SCMP_ACT_ERRNO"}};
  return input;
}

std::vector<std::string> namespaces(const OrderedJson& spec) {
  std::vector<std::string> types;
  for (const auto& entry : spec["linux"]["namespaces"]) {
    types.push_back(entry["type"]);
  }
  return types;
}

std::vector<std::string> destinations(const OrderedJson& spec) {
  std::vector<std::string> paths;
  for (const auto& entry : spec["mounts"]) {
    paths.push_back(entry["destination"]);
  }
  return paths;
}

const OrderedJson& mount_of(const OrderedJson& spec, std::string_view destination) {
  for (const auto& entry : spec["mounts"]) {
    if (entry["destination"] == destination) {
      return entry;
    }
  }
  throw std::runtime_error("no such mount");
}

TEST(Spec, of_a_plain_container) {
  const OrderedJson spec = make_spec(plain());
  EXPECT_EQ(spec["ociVersion"], "1.0.2");
  EXPECT_EQ(spec["process"], OrderedJson::parse(R"({
    "terminal": false,
    "user": {"uid": 1000, "gid": 1001, "additionalGids": [1001, 10]},
    "args": ["sh"], "env": ["PATH=/bin"], "cwd": "/",
    "capabilities": {"bounding": ["CAP_CHOWN"], "effective": ["CAP_CHOWN"], "permitted": ["CAP_CHOWN"]},
    "oomScoreAdj": 0})"));
  EXPECT_EQ(spec["root"], OrderedJson::parse(R"({"path": "/containers/root", "readonly": false})"));
  EXPECT_EQ(spec["hostname"], "aaaaaaaaaaaa");
  EXPECT_EQ(spec["linux"]["cgroupsPath"], "/nacre/" + std::string(64, 'a'));
  EXPECT_EQ(spec["linux"]["seccomp"]["defaultAction"], "SCMP_ACT_ERRNO");
  EXPECT_THAT(spec["linux"]["maskedPaths"].get<std::vector<std::string>>(), Contains("/proc/kcore"));
  EXPECT_THAT(spec["linux"]["readonlyPaths"].get<std::vector<std::string>>(), Contains("/proc/sys"));
  EXPECT_FALSE(spec["linux"].contains("devices"));
  EXPECT_FALSE(spec["process"].contains("noNewPrivileges"));
  EXPECT_FALSE(spec.contains("annotations"));
}

TEST(Spec, mounts_are_dockers) {
  const OrderedJson spec = make_spec(plain());
  EXPECT_THAT(destinations(spec),
              testing::ElementsAre("/proc", "/dev", "/dev/pts", "/sys", "/sys/fs/cgroup", "/dev/mqueue", "/dev/shm"));
  EXPECT_EQ(mount_of(spec, "/sys")["options"], (OrderedJson{"nosuid", "noexec", "nodev", "ro"}));
  EXPECT_EQ(mount_of(spec, "/dev/shm")["options"],
            (OrderedJson{"nosuid", "noexec", "nodev", "mode=1777", "size=67108864"}));
}

TEST(Spec, own_mounts_come_last_and_replace) {
  SpecInput input = plain();
  input.mounts = {{"/data", "bind", "/host/data", {"rbind", "ro"}}, {"/dev/shm", "bind", "/dev/shm", {"rbind"}}};
  const OrderedJson spec = make_spec(input);
  EXPECT_EQ(spec["mounts"].back()["source"], "/dev/shm");
  EXPECT_EQ(std::ranges::count(destinations(spec), "/dev/shm"), 1);
  EXPECT_EQ(mount_of(spec, "/data")["options"], (OrderedJson{"rbind", "ro"}));
}

TEST(Spec, namespaces_follow_network_and_cgroups) {
  SpecInput input = plain();
  EXPECT_THAT(namespaces(make_spec(input)),
              testing::UnorderedElementsAre("mount", "uts", "pid", "ipc", "network", "cgroup"));
  input.cgroups = CgroupMode::hybrid;
  input.network = NetworkMode::host;
  const OrderedJson host = make_spec(input);
  EXPECT_THAT(namespaces(host), testing::UnorderedElementsAre("mount", "uts", "pid", "ipc"));
  EXPECT_FALSE(host["linux"].contains("sysctl"));
  input.cgroups = CgroupMode::none;
  EXPECT_THAT(destinations(make_spec(input)), Not(Contains("/sys/fs/cgroup")));
}

TEST(Spec, limits) {
  SpecInput input = plain();
  input.limits.memory = 64 << 20;
  input.limits.memory_and_swap = 128 << 20;
  input.limits.nano_cpus = 1'500'000'000;
  input.limits.pids = -1;
  input.limits.ulimits = {{"nofile", 10, 20}, {"core", -1, -1}};
  const OrderedJson spec = make_spec(input);
  const OrderedJson& resources = spec["linux"]["resources"];
  EXPECT_EQ(resources["memory"], OrderedJson::parse(R"({"limit": 67108864, "swap": 134217728})"));
  EXPECT_EQ(resources["cpu"], OrderedJson::parse(R"({"quota": 150000, "period": 100000})"));
  EXPECT_EQ(resources["pids"]["limit"], -1);
  EXPECT_EQ(spec["process"]["rlimits"], OrderedJson::parse(R"([{"type": "RLIMIT_NOFILE", "hard": 20, "soft": 10},
                                   {"type": "RLIMIT_CORE", "hard": 18446744073709551615, "soft": 18446744073709551615}])"));
  EXPECT_FALSE(make_spec(plain())["linux"]["resources"].contains("memory"));
}

TEST(Spec, a_terminal_and_its_size) {
  SpecInput input = plain();
  input.terminal_size = TerminalSize{24, 80};
  EXPECT_FALSE(make_spec(input)["process"].contains("consoleSize"));
  input.terminal = Terminal::yes;
  input.stop_signal = "SIGQUIT";
  const OrderedJson spec = make_spec(input);
  EXPECT_EQ(spec["process"]["terminal"], true);
  EXPECT_EQ(spec["process"]["consoleSize"], OrderedJson::parse(R"({"height": 24, "width": 80})"));
  EXPECT_EQ(spec["annotations"]["org.opencontainers.image.stopSignal"], "SIGQUIT");
}

TEST(Spec, privileged_lifts_every_restriction) {
  SpecInput input = plain();
  input.privilege = Privilege::privileged;
  const OrderedJson spec = make_spec(input);
  for (const char* restriction : {"seccomp", "maskedPaths", "readonlyPaths"}) {
    EXPECT_FALSE(spec["linux"].contains(restriction)) << restriction;
  }
  EXPECT_THAT(mount_of(spec, "/sys")["options"].get<std::vector<std::string>>(), Contains("rw"));
  EXPECT_EQ(spec["linux"]["resources"]["devices"], OrderedJson::parse(R"([{"allow": true, "access": "rwm"}])"));
  std::vector<std::string> devices;
  for (const auto& device : spec["linux"]["devices"]) {
    devices.push_back(device["path"]);
  }
  EXPECT_THAT(devices, Contains("/dev/null"));
  EXPECT_THAT(devices, Not(Contains(testing::StartsWith("/dev/pts/"))));
}

TEST(Spec, devices_are_denied_but_for_a_few) {
  const OrderedJson rules = device_rules(Privilege::normal);
  EXPECT_EQ(rules[0], OrderedJson::parse(R"({"allow": false, "access": "rwm"})"));
  EXPECT_THAT(rules,
              Contains(OrderedJson::parse(R"({"allow": true, "type": "c", "major": 1, "minor": 3, "access": "rwm"})")));
  for (std::size_t i = 1; i < rules.size(); ++i) {
    // Block devices may be made, never used.
    EXPECT_TRUE(rules[i]["type"] == "c" || rules[i]["access"] == "m") << rules[i];
  }
}

}  // namespace
}  // namespace nacre::runtime::test
