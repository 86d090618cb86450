// nacre's own config.toml, and the two lines of docker's daemon.json that concern registries.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "oci/shown.h"
#include "registry/hosts_impl.h"

namespace nacre::registry {

namespace {

std::vector<Candidate> mirrors_of(const ConfigTable& table, std::string_view key, const Asked& asked) {
  std::vector<Candidate> mirrors;
  for (const auto& text : table.texts(key)) {
    const Address address = address_of(table, key, text, SchemePrefix::required);
    mirrors.push_back({.endpoint = endpoint_at(address, asked.repository), .wording = Wording::url});
    mirrors.back().endpoint.capabilities = mirror_capabilities;
  }
  return mirrors;
}

// "docker.io" or "docker.io/library".
std::string prefix_of(const ConfigTable& registry) {
  const std::string name = registry.text("name");
  if (name.empty()) {
    registry.fail("name", "missing; write the registry or the part of it that is meant, as in \"docker.io/library\"");
  }
  if (!parse_address(name, SchemePrefix::refused) || name.ends_with('/')) {
    registry.fail("name", fmt::format("'{}' is no registry; write HOST[:PORT][/PATH]", oci::shown(name)));
  }
  return name;
}

void require_known_keys(const ConfigTable& config) {
  config.allow_only({"insecure-registries", "registry", "connect-timeout", "stall-timeout"});
}

// A duration in seconds. An hour is more patience than anybody has.
std::optional<std::chrono::milliseconds> seconds_of(const ConfigTable& config, std::string_view key) {
  constexpr std::int64_t longest = 3600;
  const auto seconds = config.number(key);
  if (seconds && (*seconds < 1 || *seconds > longest)) {
    config.fail(key, fmt::format("expected 1 to {} seconds", longest));
  }
  return seconds ? std::optional<std::chrono::milliseconds>(std::chrono::seconds(*seconds)) : std::nullopt;
}

}  // namespace

net::ClientOptions read_timeouts(const HostFiles& files) {
  std::optional<std::chrono::milliseconds> connect;
  std::optional<std::chrono::milliseconds> stall;
  for (const auto& file : files.config) {
    if (const auto value = read_toml_file(file, Unreadable::fail)) {
      const ConfigTable config(file, *value);
      require_known_keys(config);
      connect = connect ? connect : seconds_of(config, "connect-timeout");
      stall = stall ? stall : seconds_of(config, "stall-timeout");
    }
  }
  const net::ClientOptions usual;
  return {connect.value_or(usual.connect_timeout), stall.value_or(usual.stall_timeout)};
}

HostRules read_config(const fs::path& file, const Asked& asked) {
  HostRules rules;
  const auto value = read_toml_file(file, Unreadable::fail);
  if (!value) {
    return rules;
  }
  const ConfigTable config(file, *value);
  require_known_keys(config);
  rules.insecure_hosts = config.texts("insecure-registries");
  for (const auto& pattern : rules.insecure_hosts) {
    if (!is_host_pattern(pattern)) {
      config.fail("insecure-registries",
                  fmt::format("'{}' is no registry; write HOST[:PORT] or ADDRESS/BITS", oci::shown(pattern)));
    }
  }
  const std::string name = asked.name();
  std::set<std::string> prefixes;
  std::size_t longest = 0;
  for (const auto& registry : config.tables("registry")) {
    // All of them are looked at, so that a mistake shows whichever registry is asked.
    registry.allow_only({"name", "mirrors", "insecure"});
    const std::string prefix = prefix_of(registry);
    if (!prefixes.insert(prefix).second) {
      registry.fail("name", fmt::format("'{}' stands in two tables", oci::shown(prefix)));
    }
    auto mirrors = mirrors_of(registry, "mirrors", asked);
    const auto insecure = registry.flag("insecure");
    if ((name == prefix || name.starts_with(prefix + "/")) && prefix.size() > longest) {
      longest = prefix.size();
      rules.mirrors.reset();
      if (registry.find("mirrors") != nullptr) {
        rules.mirrors = std::move(mirrors);
      }
      rules.insecure = insecure;
    }
  }
  return rules;
}

HostRules read_daemon_json(const fs::path& file, const Asked& asked) {
  HostRules rules;
  const auto value = read_json_file(file, Unreadable::skip);
  if (!value) {
    return rules;
  }
  const ConfigTable config(file, *value);
  const bool has_mirrors = config.find("registry-mirrors") != nullptr;
  if (has_mirrors && asked.domain == "docker.io") {  // docker mirrors nothing else
    rules.mirrors = mirrors_of(config, "registry-mirrors", asked);
  }
  for (std::string_view pattern : config.texts("insecure-registries")) {
    for (const std::string_view scheme : {"http://", "https://"}) {  // docker lets them stand there
      pattern.remove_prefix(pattern.starts_with(scheme) ? scheme.size() : 0);
    }
    rules.insecure_hosts.emplace_back(pattern);
  }
  return rules;
}

}  // namespace nacre::registry
