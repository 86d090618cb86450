// certs.d folders. Source: docker's "Verify repository client with certificates"; containers-certs.d(5); containerd's
// docs/hosts.md.
#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "registry/hosts_impl.h"

namespace nacre::registry {

namespace {

// How a host's folder may be named. Source: containerd's docs/hosts.md (HOST_PORT_, where a colon cannot stand in a
// name); docker knows its own registry by both names.
std::vector<std::string> folder_names(std::string_view host) {
  std::vector<std::string> names{std::string(host)};
  const std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && !host.ends_with(']')) {
    names.push_back(fmt::format("{}_{}_", host.substr(0, colon), host.substr(colon + 1)));
  }
  if (host == "docker.io") {
    names.emplace_back("registry-1.docker.io");
  } else if (host == "registry-1.docker.io") {
    names.emplace_back("docker.io");
  }
  return names;
}

class Folder {
 public:
  explicit Folder(const fs::path& path) : path_(path), names_(list_directory(path)) {}

  void add_to(net::TlsSettings& tls) const {
    for (const fs::path file : names_) {
      if (file.extension() == ".crt") {
        tls.authorities += read_file(path_ / file, max_configuration_size) + "\n";
      } else if (file.extension() == ".cert") {
        const fs::path key = fs::path(file).replace_extension(".key");
        if (has_half(key, file, "authorities are named *.crt") && tls.client_certificate.empty()) {
          tls.client_certificate = path_ / file;
          tls.client_key = path_ / key;
        }
      } else if (file.extension() == ".key") {
        has_half(fs::path(file).replace_extension(".cert"), file, "it has the certificate");
      }
    }
  }

 private:
  bool has(const fs::path& name) const { return std::ranges::find(names_, name.native()) != names_.end(); }

  bool has_half(const fs::path& half, const fs::path& other, std::string_view hint) const {
    if (!has(half) && !has("hosts.toml")) {
      throw Error(Code::not_found, fmt::format("read certificates in {}: {} is there without {}; {}", path_.native(),
                                               other.native(), half.native(), hint));
    }
    return has(half);
  }

  fs::path path_;
  std::vector<std::string> names_;
};

}  // namespace

CertificateFolders find_certificate_folders(const std::vector<fs::path>& roots, std::string_view host) {
  CertificateFolders found;
  for (const auto& root : roots) {
    bool has_own = false;
    for (const auto& name : folder_names(host)) {
      if (is_readable_folder(root / name)) {
        found.own.push_back(root / name);
        has_own = true;
      }
    }
    if (!has_own && is_readable_folder(root / "_default")) {
      found.fallback.push_back(root / "_default");
    }
  }
  return found;
}

void add_certificates(const CertificateFolders& folders, net::TlsSettings& tls) {
  for (const auto* const paths : {&folders.own, &folders.fallback}) {
    for (const auto& path : *paths) {
      Folder(path).add_to(tls);
    }
  }
}

}  // namespace nacre::registry
