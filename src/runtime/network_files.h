// The files of /etc that a container's network decides.
#pragma once

#include <string>
#include <string_view>

#include "base/file.h"
#include "runtime/run_options.h"

namespace nacre::runtime {

// hosts(5) of a container without a network of its own address: names for the loopback only.
std::string default_hosts();

// A host's resolv.conf without the name servers that only the host's own loopback reaches (a stub resolver's
// 127.0.0.53, ::1).
std::string without_loopback_servers(std::string_view resolv_conf);

struct NetworkFiles {
  fs::path hosts, hostname, resolv_conf;
};
// Writes the three into `directory`; with the host's network, hosts and resolv.conf are the host's own.
NetworkFiles write_network_files(const fs::path& directory, NetworkMode network, std::string_view hostname);

}  // namespace nacre::runtime
