#include "registry/hosts.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "registry/hosts_impl.h"

namespace nacre::registry {

namespace {

// Docker's registry has three names; images and logins know it by the first.
bool is_docker_hub(std::string_view host) {
  return host == "docker.io" || host == "index.docker.io" || host == "registry-1.docker.io";
}

std::vector<HostRules> read_rules(const HostFiles& files, const CertificateFolders& folders, const Asked& asked) {
  std::vector<HostRules> rules;
  for (const auto& file : files.config) {
    rules.push_back(read_config(file, asked));
  }
  std::optional<HostRules> of_folders;
  for (const auto& folder : folders.own) {
    of_folders = of_folders ? of_folders : read_hosts_toml(folder, FolderIs::of_registry, asked);
  }
  for (const auto& folder : folders.fallback) {
    of_folders = of_folders ? of_folders : read_hosts_toml(folder, FolderIs::fallback, asked);
  }
  if (of_folders) {
    rules.push_back(std::move(*of_folders));
  }
  rules.push_back(read_registries_conf(files.registries_conf, asked));
  rules.push_back(read_daemon_json(files.daemon_json, asked));
  return rules;
}

bool is_listed(const HostRules& rules, std::string_view host) {
  return std::ranges::any_of(rules.insecure_hosts, [&](const auto& pattern) { return host_matches(host, pattern); });
}

// What the first file says that says anything; nothing where none does.
std::optional<bool> is_named_insecure(const std::vector<HostRules>& rules, std::string_view domain) {
  for (const auto& each : rules) {
    if (each.insecure) {
      return each.insecure;
    }
    if (is_listed(each, domain)) {
      return true;
    }
  }
  return std::nullopt;
}

class EndpointList {
 public:
  EndpointList(const HostFiles& files, const std::vector<HostRules>& rules) : files_(files), rules_(rules) {}

  // `named`: whether a file calls the server insecure or secure.
  void add(Candidate candidate, std::optional<bool> named) {
    Endpoint& endpoint = candidate.endpoint;
    const std::string host = host_of_origin(endpoint.origin);
    add_trust(host, endpoint.tls);
    const bool is_listed_here =
        std::ranges::any_of(rules_, [&](const HostRules& each) { return is_listed(each, host); });
    const bool is_local = !named && !is_listed_here && is_this_machine(host);
    const bool insecure = named.value_or(is_listed_here || is_local);
    if (!insecure || candidate.wording == Wording::settled) {
      endpoints_.push_back(std::move(endpoint));
      return;
    }
    // A registry on this machine whose authority we know has to show that it is the one.
    const bool must_prove = is_local && !endpoint.tls.authorities.empty();
    if (endpoint.origin.starts_with("https:") && !must_prove) {
      endpoint.tls.verify = net::Verify::no;
    }
    endpoints_.push_back(endpoint);
    if (candidate.wording == Wording::host) {
      endpoint.origin = "http://" + host;
      endpoints_.push_back(std::move(endpoint));
    }
  }

  std::vector<Endpoint> take() { return std::move(endpoints_); }

 private:
  void add_trust(std::string_view host, net::TlsSettings& tls) const {
    add_certificates(find_certificate_folders(files_.certificate_folders, host), tls);
  }

  const HostFiles& files_;
  const std::vector<HostRules>& rules_;
  std::vector<Endpoint> endpoints_;
};

}  // namespace

std::string Asked::name() const {
  return repository.empty() ? std::string(domain) : fmt::format("{}/{}", domain, repository);
}

Endpoint endpoint_at(const Address& address, std::string_view repository) {
  const bool is_hub = is_docker_hub(address.host);
  return {.origin = is_hub ? fmt::format("{}://registry-1.docker.io", address.scheme) : address.origin(),
          .api = address.path.ends_with("/v2") ? address.path : address.path + "/v2",
          .repository = std::string(repository),
          .domain_asked = {},
          .credential_key = is_hub ? "docker.io" : address.host,
          .tls = {}};
}

Endpoint own_endpoint(const Asked& asked) {
  return endpoint_at({.scheme = "https", .host = std::string(asked.domain), .path = {}}, asked.repository);
}

std::vector<Endpoint> Hosts::endpoints(std::string_view domain, std::string_view repository) const {
  if (domain.empty()) {
    throw Error(Code::invalid_argument,
                fmt::format("find the registry of {}: its name does not begin with a host that can exist", repository));
  }
  const Asked asked{domain, repository};
  const auto folders = find_certificate_folders(files_.certificate_folders, domain);
  const auto rules = read_rules(files_, folders, asked);

  EndpointList list(files_, rules);
  if (const auto found = std::ranges::find_if(rules, [](const HostRules& each) { return each.mirrors.has_value(); });
      found != rules.end()) {
    for (const auto& mirror : *found->mirrors) {
      list.add(mirror, mirror.insecure);
    }
  }
  const auto found = std::ranges::find_if(rules, [](const HostRules& each) { return each.registry.has_value(); });
  Candidate registry = found != rules.end() ? *found->registry : Candidate{.endpoint = own_endpoint(asked)};
  const bool is_renamed = host_of_origin(registry.endpoint.origin) != host_of_origin(own_endpoint(asked).origin);
  if (is_renamed && registry.endpoint.credential_key == domain) {  // what we know of the registry holds for its server
    add_certificates(folders, registry.endpoint.tls);
  }
  list.add(std::move(registry), is_named_insecure(rules, domain));
  return list.take();
}

}  // namespace nacre::registry
