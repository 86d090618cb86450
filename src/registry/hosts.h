// Where a registry is reached: its own address, its mirrors, and how each is trusted.
//
// Sources: docker's certs.d and "insecure-registries", containers-registries.conf(5), containers-certs.d(5),
// containerd's docs/hosts.md, and nacre's own config.toml (docs/formats/config.md).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "net/client.h"
#include "registry/endpoint.h"

namespace nacre::registry {

// The files that are asked, in this order; missing ones are fine, and so are foreign ones that we may not read. What
// the first says of a registry's mirrors, of its address and of its being insecure wins; trust (authorities, client
// certificates) adds up.
struct HostFiles {
  std::vector<fs::path> config = {};               // config.toml: the user's before the system's
  std::vector<fs::path> certificate_folders = {};  // certs.d folders of nacre, docker, podman and containerd
  // The user's before the system's: the first that is there counts, and the registries.conf.d beside each of them.
  std::vector<fs::path> registries_conf = {};
  fs::path daemon_json = {};  // docker's
  // As the environment says: $NACRE_CONFIG, $CONTAINERS_REGISTRIES_CONF, $XDG_CONFIG_HOME or $HOME; and the system's.
  static HostFiles of_user();
};

// How long servers are waited for, as config.toml says. Throws Error (corrupt) naming file and line.
net::ClientOptions read_timeouts(const HostFiles& files);

class Hosts {
 public:
  // Reads nothing yet.
  explicit Hosts(HostFiles files) : files_(std::move(files)) {}

  // Every server to try for a repository, in order: mirrors first, the registry itself last. `domain` as references
  // have it ("docker.io"), `repository` too ("library/alpine"; "" for the registry as such). A registry that is named
  // insecure, or is on the loopback, is tried over https without verification, then over http. Throws Error: corrupt
  // for a file that cannot be understood, naming file and line; not_found for half a client certificate;
  // permission_denied for a registry that registries.conf blocks; invalid_argument for an empty domain.
  std::vector<Endpoint> endpoints(std::string_view domain, std::string_view repository) const;

 private:
  HostFiles files_;
};

}  // namespace nacre::registry
