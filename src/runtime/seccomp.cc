#include "runtime/seccomp.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <map>
#include <set>
#include <vector>

#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/error.h"
#include "oci/platform.h"

namespace nacre::runtime {

namespace {

using oci::Json;
using oci::OrderedJson;

// "4.8" or "6.18.4-amd64": the first two numbers.
std::pair<int, int> parse_version(std::string_view text) {
  int major = 0;
  int minor = 0;
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), text.data() + text.size(), major);
  if (first.ptr != end && *first.ptr == '.') {
    std::from_chars(first.ptr + 1, end, minor);
  }
  return {major, minor};
}

std::vector<std::string> strings(const Json& object, std::string_view name) {
  std::vector<std::string> result;
  if (const Json* list = oci::optional_field(object, name)) {
    for (const Json& item : oci::as_array(*list, name)) {
      if (!item.is_string()) {
        throw Error(Code::corrupt, "field '" + std::string(name) + "': expected strings");
      }
      result.push_back(item.get<std::string>());
    }
  }
  return result;
}

class Translator {
 public:
  Translator(std::span<const std::string> capabilities, SeccompHost host)
      : capabilities_(capabilities.begin(), capabilities.end()), host_(std::move(host)) {}

  OrderedJson translate(const Json& profile) {
    OrderedJson result;
    result["defaultAction"] = oci::string_field(profile, "defaultAction");
    if (const Json* error_number = oci::optional_field(profile, "defaultErrnoRet")) {
      result["defaultErrnoRet"] = *error_number;
    }
    if (OrderedJson architectures = native_architectures(profile); !architectures.empty()) {
      result["architectures"] = std::move(architectures);
    }
    const Json* rules = oci::optional_field(profile, "syscalls");
    if (rules != nullptr) {
      for (const Json& rule : oci::as_array(*rules, "syscalls")) {
        if (applies(oci::as_object(rule, "syscalls"))) {
          add(rule);
        }
      }
    }
    result["syscalls"] = OrderedJson::array();
    for (auto& [key, names] : plain_) {
      OrderedJson rule = key.head;
      rule["names"] = names;
      result["syscalls"].push_back(std::move(rule));
    }
    for (OrderedJson& rule : with_arguments_) {
      result["syscalls"].push_back(std::move(rule));
    }
    return result;
  }

 private:
  // Rules without arguments that do the same are one rule.
  struct Action {
    OrderedJson head;
    bool operator<(const Action& other) const { return head.dump() < other.head.dump(); }
  };

  OrderedJson native_architectures(const Json& profile) const {
    OrderedJson result = OrderedJson::array();
    const Json* map = oci::optional_field(profile, "archMap");
    if (map == nullptr) {
      for (const std::string& name : strings(profile, "architectures")) {
        result.push_back(name);
      }
      return result;
    }
    static const std::map<std::string, std::string, std::less<>> libseccomp_names = {
        {"amd64", "SCMP_ARCH_X86_64"},    {"386", "SCMP_ARCH_X86"},          {"arm64", "SCMP_ARCH_AARCH64"},
        {"arm", "SCMP_ARCH_ARM"},         {"ppc64le", "SCMP_ARCH_PPC64LE"},  {"s390x", "SCMP_ARCH_S390X"},
        {"riscv64", "SCMP_ARCH_RISCV64"}, {"mips64le", "SCMP_ARCH_MIPSEL64"}};
    const auto native = libseccomp_names.find(host_.architecture);
    for (const Json& entry : oci::as_array(*map, "archMap")) {
      const std::string name = oci::string_field(oci::as_object(entry, "archMap"), "architecture");
      if (native == libseccomp_names.end() || name != native->second) {
        continue;
      }
      result.push_back(name);
      for (const std::string& sub : strings(entry, "subArchitectures")) {
        if (sub != "SCMP_ARCH_X32" || host_.x32 == X32::supported) {
          result.push_back(sub);
        }
      }
    }
    return result;
  }

  bool has_any_architecture(const std::vector<std::string>& list) const {
    return std::ranges::find(list, host_.architecture) != list.end();
  }

  bool kernel_at_least(const std::string& version) const {
    return parse_version(version) <= std::pair(host_.kernel_major, host_.kernel_minor);
  }

  bool has_all_capabilities(const std::vector<std::string>& list) const {
    return std::ranges::all_of(list, [&](const std::string& name) { return capabilities_.contains(name); });
  }

  // Excludes refuse when any of theirs is true, includes when any of theirs is false.
  bool applies(const Json& rule) const {
    if (const Json* excludes = oci::optional_field(rule, "excludes")) {
      const auto kernel = oci::optional_string(*excludes, "minKernel");
      const std::vector<std::string> names = strings(*excludes, "caps");
      if (has_any_architecture(strings(*excludes, "arches")) || (kernel && kernel_at_least(*kernel)) ||
          std::ranges::any_of(names, [&](const std::string& name) { return capabilities_.contains(name); })) {
        return false;
      }
    }
    if (const Json* includes = oci::optional_field(rule, "includes")) {
      const std::vector<std::string> architectures = strings(*includes, "arches");
      const auto kernel = oci::optional_string(*includes, "minKernel");
      return (architectures.empty() || has_any_architecture(architectures)) && (!kernel || kernel_at_least(*kernel)) &&
             has_all_capabilities(strings(*includes, "caps"));
    }
    return true;
  }

  std::vector<std::string> known_names(const Json& rule) const {
    std::vector<std::string> names = strings(rule, "names");
    if (const auto name = oci::optional_string(rule, "name")) {
      names.push_back(*name);
    }
    std::erase_if(
        names, [](const std::string& name) { return ::seccomp_syscall_resolve_name(name.c_str()) == __NR_SCMP_ERROR; });
    return names;
  }

  void add(const Json& rule) {
    std::vector<std::string> names = known_names(rule);
    if (names.empty()) {
      return;
    }
    OrderedJson head;
    head["action"] = oci::string_field(rule, "action");
    if (const Json* error_number = oci::optional_field(rule, "errnoRet")) {
      head["errnoRet"] = *error_number;
    }
    const Json* arguments = oci::optional_field(rule, "args");
    if (arguments == nullptr || oci::as_array(*arguments, "args").empty()) {
      plain_[Action{head}].insert(names.begin(), names.end());
      return;
    }
    head["names"] = names;
    for (const Json& argument : *arguments) {
      head["args"].push_back(translate_argument(oci::as_object(argument, "args")));
    }
    with_arguments_.push_back(std::move(head));
  }

  static OrderedJson translate_argument(const Json& argument) {
    OrderedJson result;
    result["index"] = oci::size_field(argument, "index");
    result["value"] = oci::size_field(argument, "value");
    if (const Json* second = oci::optional_field(argument, "valueTwo")) {
      result["valueTwo"] = *second;
    }
    result["op"] = oci::string_field(argument, "op");
    return result;
  }

  std::set<std::string> capabilities_;
  SeccompHost host_;
  std::map<Action, std::set<std::string>> plain_;
  std::vector<OrderedJson> with_arguments_;
};

X32 kernel_x32() {
#ifdef __x86_64__
  // A filter may kill whoever makes such a call, so a process that has one does not ask.
  constexpr long x32_bit = 0x40000000;
  if (::prctl(PR_GET_SECCOMP) == 0 && ::syscall(x32_bit | SYS_getpid) == -1 && errno == ENOSYS) {
    return X32::absent;
  }
#endif
  return X32::supported;
}

}  // namespace

SeccompHost SeccompHost::current() {
  utsname names{};
  ::uname(&names);
  const auto [major, minor] = parse_version(names.release);
  return {oci::Platform::host().architecture, major, minor, kernel_x32()};
}

std::optional<fs::path> find_seccomp_profile() {
  for (const char* path : {"/etc/containers/seccomp.json", "/usr/share/containers/seccomp.json"}) {
    if (path_exists(path)) {
      return path;
    }
  }
  return std::nullopt;
}

OrderedJson translate_seccomp(std::string_view profile, std::span<const std::string> capabilities,
                              const SeccompHost& host) {
  return with_context("seccomp profile", [&] {
    const Json document = oci::parse_json(profile);
    return Translator(capabilities, host).translate(oci::as_object(document, "profile"));
  });
}

}  // namespace nacre::runtime
