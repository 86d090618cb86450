// What the configuration files say of one registry. Internal to registry/.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/hosts.h"
#include "registry/hosts_address.h"

namespace nacre::registry {

// A repository as references name it.
struct Asked {
  std::string_view domain;      // "docker.io"
  std::string_view repository;  // "library/alpine"; "" where only the registry is meant

  std::string name() const;  // "docker.io/library/alpine"
};

// How far a file has laid down the way to a server.
enum class Wording : std::uint8_t {
  host,     // only its host: one that is insecure is tried over https without verification, then over http
  url,      // its scheme, too: one that is insecure is not verified
  settled,  // and how it is trusted
};

struct Candidate {
  Endpoint endpoint;
  Wording wording = Wording::host;
  std::optional<bool> insecure = {};
};

// What one file says; nothing where it says nothing.
struct HostRules {
  std::optional<std::vector<Candidate>> mirrors = {};  // to ask before the registry; empty: none
  std::optional<Candidate> registry = {};              // instead of the registry's own address
  std::optional<bool> insecure = {};                   // the registry
  std::vector<std::string> insecure_hosts = {};        // patterns for host_matches()
};

inline constexpr auto mirror_capabilities = static_cast<std::uint8_t>(static_cast<std::uint8_t>(Capability::pull) |
                                                                      static_cast<std::uint8_t>(Capability::resolve));

// The endpoint of a server that names repositories below /v2, for one of them.
Endpoint endpoint_at(const Address& address, std::string_view repository);
// The endpoint of a registry whose address is its name.
Endpoint own_endpoint(const Asked& asked);

// nacre's config.toml. Format: docs/formats/config.md.
HostRules read_config(const fs::path& file, const Asked& asked);
// "registry-mirrors" and "insecure-registries" of docker's daemon.json.
HostRules read_daemon_json(const fs::path& file, const Asked& asked);
// containers-registries.conf(5), version 2: the first of the files that is there, with all files of the
// registries.conf.d beside any of them. Throws Error (permission_denied) for a registry that is blocked.
HostRules read_registries_conf(const std::vector<fs::path>& paths, const Asked& asked);
// hosts.toml in a folder of certs.d; nothing where there is none. Source: containerd's docs/hosts.md.
enum class FolderIs : std::uint8_t { of_registry, fallback };
std::optional<HostRules> read_hosts_toml(const fs::path& folder, FolderIs kind, const Asked& asked);

// Folders of certs.d that hold something for a host.
struct CertificateFolders {
  std::vector<fs::path> own = {};       // named for the host
  std::vector<fs::path> fallback = {};  // _default, where there is none beside it
};
CertificateFolders find_certificate_folders(const std::vector<fs::path>& roots, std::string_view host);

// Adds what folders hold to what is trusted: *.crt are authorities, *.cert with *.key a client's certificate, of which
// the first counts. Throws Error (not_found) naming the half that is missing, as docker does; in a folder with a
// hosts.toml the halves may be what that speaks of.
void add_certificates(const CertificateFolders& folders, net::TlsSettings& tls);

}  // namespace nacre::registry
