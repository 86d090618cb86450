// The default seccomp profile, from the form distributions ship it in to the form an OCI runtime takes.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/file.h"
#include "oci/json.h"

namespace nacre::runtime {

// Whether the kernel runs programs of the x32 ABI; Debian's and most others do not.
enum class X32 { supported, absent };

// What decides which of a profile's conditional rules apply.
struct SeccompHost {
  std::string architecture;  // Go's name: "amd64"
  int kernel_major = 0, kernel_minor = 0;
  X32 x32 = X32::supported;
  static SeccompHost current();
};

// The profile of the host: Debian's golang-github-containers-common puts it in /usr/share/containers; one in
// /etc/containers goes before. Nothing when there is none.
std::optional<fs::path> find_seccomp_profile();

// Translates a profile ("includes" and "excludes" by capability, architecture and kernel, "archMap") to the runtime
// specification's linux.seccomp, for a container with these capabilities. System calls that this libseccomp does not
// know are left out: a runtime would refuse or skip them. Rules of one action and without arguments become one. x32
// is left out where the kernel has none: its third of the filter takes the runtime a tenth of a container's start to
// compile, and no program could make use of it. Throws
// Error (corrupt) for a malformed profile. Sources: moby profiles/seccomp, runtime-spec config-linux.md "Seccomp".
oci::OrderedJson translate_seccomp(std::string_view profile, std::span<const std::string> capabilities,
                                   const SeccompHost& host);

}  // namespace nacre::runtime
