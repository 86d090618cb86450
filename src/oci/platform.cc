#include "oci/platform.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <sys/utsname.h>

#include "base/error.h"
#include "oci/ascii.h"
#include "oci/shown.h"

namespace nacre::oci {
namespace {

// As Go's list of ports has them.
constexpr auto known_systems =
    std::to_array<std::string_view>({"aix", "android", "darwin", "dragonfly", "freebsd", "hurd", "illumos", "ios", "js",
                                     "linux", "nacl", "netbsd", "openbsd", "plan9", "solaris", "windows", "zos"});
constexpr auto known_architectures = std::to_array<std::string_view>(
    {"386",     "amd64",   "amd64p32", "arm",    "armbe",  "arm64",    "arm64be",   "ppc64",
     "ppc64le", "loong64", "mips",     "mipsle", "mips64", "mips64le", "mips64p32", "mips64p32le",
     "ppc",     "riscv",   "riscv64",  "s390",   "s390x",  "sparc",    "sparc64",   "wasm"});

std::string normal_system(std::string_view os) {
  if (os.empty()) {
    return "linux";
  }
  std::string name = lower(os);
  return name == "macos" ? "darwin" : name;
}

struct Processor {
  std::string architecture;
  std::string variant;
};

// The three below take and give names in lower case.
std::string_view normal_amd64_variant(std::string_view variant) {
  return variant == "v1" ? std::string_view{} : variant;
}

std::string_view normal_arm64_variant(std::string_view variant) {
  if (variant == "8" || variant == "v8" || variant == "v8.0") {
    return {};
  }
  return variant == "9" || variant == "v9.0" ? "v9" : variant;
}

std::string normal_arm_variant(std::string_view variant) {
  if (variant.empty()) {
    return "v7";
  }
  const bool bare_number = variant.size() == 1 && variant[0] >= '5' && variant[0] <= '8';
  return fmt::format("{}{}", bare_number ? "v" : "", variant);
}

Processor normal_processor(std::string_view architecture, std::string_view given_variant) {
  const std::string name = lower(architecture);
  const std::string variant = lower(given_variant);
  if (name == "i386") {
    return {"386", ""};
  }
  if (name == "x86_64" || name == "x86-64" || name == "amd64") {
    return {"amd64", std::string(normal_amd64_variant(variant))};
  }
  if (name == "aarch64" || name == "arm64") {
    return {"arm64", std::string(normal_arm64_variant(variant))};
  }
  if (name == "armhf") {
    return {"arm", "v7"};
  }
  if (name == "armel") {
    return {"arm", "v6"};
  }
  if (name == "arm") {
    return {"arm", normal_arm_variant(variant)};
  }
  return {name, variant};
}

// uname's names where they are not what Go calls the same machine.
Processor processor_of_machine(std::string_view machine) {
  if (machine.size() == 4 && machine.starts_with('i') && machine.ends_with("86")) {
    return {"386", ""};
  }
  if (machine.starts_with("armv8") || machine.starts_with("armv7") || machine.starts_with("armv6") ||
      machine.starts_with("armv5")) {
    return {"arm", std::string(machine.substr(3, 2))};
  }
  if (machine == "loongarch64") {
    return {"loong64", ""};
  }
  return normal_processor(machine, "");
}

bool is_component(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || c == '_' || c == '.' || c == '-'; });
}

std::vector<std::string_view> split_components(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t slash = text.find('/');
    parts.push_back(text.substr(0, slash));
    if (slash == std::string_view::npos || parts.size() > 3) {
      return parts;
    }
    text.remove_prefix(slash + 1);
  }
}

// The number of "v<digit>", 0 for anything else.
int version_of(std::string_view variant) {
  return variant.size() == 2 && variant[0] == 'v' && variant[1] >= '1' && variant[1] <= '9' ? variant[1] - '0' : 0;
}

void add_arm(std::vector<Processor>& list, std::string_view variant) {
  list.push_back({"arm", std::string(variant)});
  for (int version = version_of(variant) - 1; version >= 5; --version) {
    list.push_back({"arm", fmt::format("v{}", version)});
  }
}

// v8.3 runs v8.2, v8.1 and v8; v9.1 runs v9, and v8.6 and what that runs: v9.0 grew out of v8.5.
void add_arm64(std::vector<Processor>& list, std::string_view variant) {
  list.push_back({"arm64", std::string(variant)});
  const std::string_view full = variant.empty() ? "v8" : variant;
  int major = version_of(full.substr(0, 2));
  const bool has_minor = full.size() == 4 && full[2] == '.' && full[3] >= '0' && full[3] <= '9';
  int minor = has_minor ? full[3] - '0' : 0;
  const auto add_older = [&](int newest) {
    for (int older = newest; older > 0; --older) {
      list.push_back({"arm64", fmt::format("v{}.{}", major, older)});
    }
  };
  if (major == 9) {
    add_older(minor - 1);
    if (minor > 0) {
      list.push_back({"arm64", "v9"});
    }
    major = 8;
    minor += 6;
  }
  if (major == 8) {
    add_older(minor - 1);
    if (minor > 0) {
      list.push_back({"arm64", ""});
    }
    add_arm(list, "v8");
  }
}

// What a processor runs, best first.
std::vector<Processor> runnable_on(const Processor& wanted) {
  std::vector<Processor> list;
  if (wanted.architecture == "arm64") {
    add_arm64(list, wanted.variant);
  } else if (wanted.architecture == "arm") {
    add_arm(list, wanted.variant);
  } else {
    list.push_back(wanted);
  }
  if (wanted.architecture == "amd64") {
    for (int version = version_of(wanted.variant) - 1; version >= 1; --version) {
      list.push_back({"amd64", version == 1 ? "" : fmt::format("v{}", version)});
    }
    list.push_back({"386", ""});
  }
  return list;
}

}  // namespace

Platform Platform::parse(std::string_view text) {
  const auto fail = [&](std::string_view cause) {
    throw Error(Code::invalid_argument, fmt::format("platform '{}': {}", shown(text), cause));
  };
  const std::vector<std::string_view> parts = split_components(text);
  if (parts.size() > 3 || !std::ranges::all_of(parts, is_component)) {
    fail("expected os, architecture, os/architecture or os/architecture/variant");
  }
  if (parts.size() > 1) {
    const Platform given{.os = std::string(parts[0]),
                         .architecture = std::string(parts[1]),
                         .variant = std::string(parts.size() == 3 ? parts[2] : "")};
    return given.normalized();
  }
  Platform platform = host();
  if (const std::string os = normal_system(text); std::ranges::find(known_systems, os) != known_systems.end()) {
    platform.os = os;
    return platform;
  }
  const Processor processor = normal_processor(text, "");
  if (std::ranges::find(known_architectures, processor.architecture) == known_architectures.end()) {
    fail("unknown operating system or architecture");
  }
  platform.architecture = processor.architecture;
  platform.variant = processor.variant;
  return platform;
}

Platform Platform::of_machine(std::string_view machine) {
  Processor processor = processor_of_machine(machine);
  return {.os = "linux", .architecture = std::move(processor.architecture), .variant = std::move(processor.variant)};
}

Platform Platform::host() {
  utsname names{};
  if (::uname(&names) != 0) {
    throw sys_error("uname");
  }
  return of_machine(names.machine);
}

Platform Platform::from_json(const Json& json) {
  return {.os = optional_string(json, "os").value_or(""),
          .architecture = optional_string(json, "architecture").value_or(""),
          .variant = optional_string(json, "variant").value_or(""),
          .os_version = optional_string(json, "os.version").value_or(""),
          .os_features = string_list(json, "os.features")};
}

OrderedJson Platform::to_json() const {
  OrderedJson json = {{"architecture", architecture}, {"os", os}};
  if (!os_version.empty()) {
    json["os.version"] = os_version;
  }
  if (!os_features.empty()) {
    json["os.features"] = os_features;
  }
  if (!variant.empty()) {
    json["variant"] = variant;
  }
  return json;
}

Platform Platform::normalized() const {
  Processor processor = normal_processor(architecture, variant);
  Platform normal = *this;
  normal.os = normal_system(os);
  normal.architecture = std::move(processor.architecture);
  normal.variant = std::move(processor.variant);
  return normal;
}

std::string Platform::str() const {
  if (os.empty()) {
    return "unknown";
  }
  std::string text = os;
  for (const std::string& part : {architecture, variant}) {
    if (!part.empty()) {
      text += '/' + part;
    }
  }
  return text;
}

std::optional<int> platform_distance(const Platform& wanted, const Platform& offered) {
  const Platform want = wanted.normalized();
  const Platform offer = offered.normalized();
  if (want.os != offer.os) {
    return std::nullopt;
  }
  const std::vector<Processor> candidates = runnable_on({want.architecture, want.variant});
  const auto found = std::ranges::find_if(candidates, [&](const Processor& candidate) {
    return candidate.architecture == offer.architecture && candidate.variant == offer.variant;
  });
  if (found == candidates.end()) {
    return std::nullopt;
  }
  return static_cast<int>(found - candidates.begin());
}

}  // namespace nacre::oci
