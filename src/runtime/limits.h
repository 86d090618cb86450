// Resource limits as docker's flags write them. Source of grammar and texts: docker/go-units and docker/cli opts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace nacre::runtime {

struct Ulimit {
  std::string name;  // "nofile"
  std::int64_t soft = 0;
  std::int64_t hard = 0;  // -1: unlimited
  bool operator==(const Ulimit&) const = default;

  std::string rlimit_name() const;  // "RLIMIT_NOFILE"
};

// "nofile=1024:2048", "core=0", "memlock=-1". Throws Error (invalid_argument).
Ulimit parse_ulimit(std::string_view text);

// "512m", "1.5g", "64MiB", "1024" (bytes): powers of 1024. Throws Error (invalid_argument): "invalid size: 'zz'".
std::uint64_t parse_memory_size(std::string_view text);

// "1.5" processors in billionths; fractions ("3/2") as docker takes them. Throws Error (invalid_argument).
std::int64_t parse_cpus(std::string_view text);

// Docker's bounds: at least 6 MB; 0.01 to `processors` CPUs. Throw Error (invalid_argument).
void check_memory_limit(std::uint64_t bytes);
void check_cpus(std::int64_t nano_cpus, unsigned processors);

}  // namespace nacre::runtime
