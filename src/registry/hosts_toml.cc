// containerd's hosts.toml. Source: containerd, docs/hosts.md and core/remotes/docker/config.
#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "oci/ascii.h"
#include "oci/shown.h"
#include "registry/hosts_impl.h"

namespace nacre::registry {

namespace {

// containerd lets a host that says nothing take pushes. Most of them are caches that only fail at it, and half of a
// push on another server is worse than none: here a mirror has to say "push".
std::uint8_t capabilities_of(const ConfigTable& table, std::uint8_t if_unsaid) {
  std::uint8_t capabilities = 0;
  for (const auto& text : table.texts("capabilities")) {
    const std::string name = oci::lower(text);
    const auto capability = name == "pull"      ? Capability::pull
                            : name == "resolve" ? Capability::resolve
                            : name == "push"    ? Capability::push
                                                : Capability{};
    if (capability == Capability{}) {
      table.fail("capabilities", fmt::format("'{}' is none of pull, resolve and push", oci::shown(text)));
    }
    capabilities |= static_cast<std::uint8_t>(capability);
  }
  return capabilities == 0 ? if_unsaid : capabilities;
}

// "both.pem", ["both.pem", ...] or [["cert.pem", "key.pem"], ...]; of several the first is used.
void set_client(const ConfigTable& table, net::TlsSettings& tls) {
  const auto* const value = table.find("client");
  const bool is_list = value != nullptr && value->kind == ConfigValue::Kind::list;
  if (value == nullptr || (is_list && value->items.empty())) {
    return;
  }
  const auto is_text = [](const ConfigValue& each) { return each.kind == ConfigValue::Kind::text; };
  const ConfigValue& first = is_list ? value->items.front() : *value;
  const bool is_pair = is_list && first.kind == ConfigValue::Kind::list && first.items.size() == 2 &&
                       std::ranges::all_of(first.items, is_text);
  if (!is_pair && !is_text(first)) {
    table.fail("client", "expected a file, a list of files, or a list of pairs of files");
  }
  const fs::path folder = table.file().parent_path();
  tls.client_certificate = folder / (is_pair ? first.items[0].text : first.text);
  // An empty key stands for one that is in the certificate's file.
  const bool has_key = is_pair && !first.items[1].text.empty();
  tls.client_key = has_key ? folder / first.items[1].text : fs::path();
}

// RFC 9110, 5.5: what would end the header and begin another, or hide in it.
bool is_header_value(std::string_view text) {
  return std::ranges::none_of(text,
                              [](char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f'; });
}

bool is_header_name(std::string_view text) {
  const auto belongs = [](char c) {
    return oci::is_alphanumeric(c) || std::string_view("!#$%&'*+-.^_`|~").contains(c);
  };
  return !text.empty() && std::ranges::all_of(text, belongs);
}

std::vector<std::pair<std::string, std::string>> headers_of(const ConfigTable& table) {
  std::vector<std::pair<std::string, std::string>> headers;
  const auto inside = table.table("header");
  if (!inside) {
    return headers;
  }
  for (const auto& name : inside->keys()) {
    if (!is_header_name(name)) {
      inside->fail(name, "not the name of a header");
    }
    for (const auto& text : inside->texts(name)) {
      if (!is_header_value(text)) {
        inside->fail(name, "a header's value has a line break or another control character");
      }
      headers.emplace_back(name, text);
    }
  }
  return headers;
}

// What stands in a host's table, or at the top for the registry's own server.
void apply(const ConfigTable& table, Endpoint& endpoint) {
  const fs::path folder = table.file().parent_path();
  for (const auto& authority : table.texts("ca")) {
    endpoint.tls.authorities += with_context(fmt::format("{}: ca", table.file().native()), [&] {
      return read_file(folder / authority, max_configuration_size) + "\n";
    });
  }
  set_client(table, endpoint.tls);
  if (table.flag("skip_verify").value_or(false)) {
    endpoint.tls.verify = net::Verify::no;
  }
  endpoint.headers = headers_of(table);
}

Candidate candidate_at(const ConfigTable& table, std::string_view key, std::string_view text, const Asked& asked) {
  const Address address = address_of(table, key, text, SchemePrefix::optional);
  Candidate candidate{.endpoint = endpoint_at(address, asked.repository), .wording = Wording::settled};
  if (table.flag("override_path").value_or(false)) {
    candidate.endpoint.api = address.path;
  }
  apply(table, candidate.endpoint);
  return candidate;
}

std::vector<Candidate> mirrors_of(const ConfigTable& hosts, const Asked& asked) {
  const Endpoint own = own_endpoint(asked);
  std::vector<Candidate> mirrors;
  for (const auto& address : hosts.keys()) {
    const auto table = hosts.table(address);
    auto candidate = candidate_at(*table, "host", address, asked);
    candidate.endpoint.capabilities = capabilities_of(*table, mirror_capabilities);
    if (host_of_origin(candidate.endpoint.origin) != host_of_origin(own.origin)) {
      candidate.endpoint.domain_asked = asked.domain;
    }
    mirrors.push_back(std::move(candidate));
  }
  return mirrors;
}

// What the top of the file says of the registry's own server; nothing where it says nothing.
std::optional<Candidate> registry_of(const ConfigTable& table, FolderIs kind, const Asked& asked) {
  const std::string address = table.text("server");
  const auto settings = {"server", "capabilities", "ca", "client", "skip_verify", "header"};
  if (std::ranges::none_of(settings, [&](const char* key) { return table.find(key) != nullptr; })) {
    return std::nullopt;
  }
  Candidate server{.endpoint = own_endpoint(asked)};
  if (address.empty()) {
    apply(table, server.endpoint);
  } else {
    server = candidate_at(table, "server", address, asked);
    // The server is the registry, by whatever name: its logins are the registry's. But one that stands for every
    // registry must not be shown the logins of all of them.
    if (kind == FolderIs::of_registry) {
      server.endpoint.credential_key = asked.domain;
    }
  }
  server.endpoint.capabilities = capabilities_of(table, server.endpoint.capabilities);
  return server;
}

}  // namespace

std::optional<HostRules> read_hosts_toml(const fs::path& folder, FolderIs kind, const Asked& asked) {
  const fs::path file = folder / "hosts.toml";
  const auto value = read_toml_file(file, Unreadable::skip);
  if (!value) {
    return std::nullopt;
  }
  const ConfigTable table(file, *value);
  HostRules rules;
  if (const auto hosts = table.table("host")) {
    rules.mirrors = mirrors_of(*hosts, asked);
  }
  rules.registry = registry_of(table, kind, asked);
  return rules;
}

}  // namespace nacre::registry
