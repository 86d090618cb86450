// containers-registries.conf(5), version 2. What it says of short names is not read: nacre completes names as docker
// does.
#include <algorithm>
#include <list>
#include <ranges>

#include <fmt/format.h>

#include "base/error.h"
#include "oci/shown.h"
#include "registry/hosts_impl.h"

namespace nacre::registry {

namespace {

std::string without_final_slashes(std::string text) {
  while (text.ends_with('/')) {
    text.pop_back();
  }
  return text;
}

std::string location_of(const ConfigTable& table) {
  return without_final_slashes(table.text("location"));
}

std::string prefix_of(const ConfigTable& registry) {
  const std::string prefix = without_final_slashes(registry.text("prefix"));
  return prefix.empty() ? location_of(registry) : prefix;
}

// How many letters of "host/ns/repo" a prefix stands for; nothing where it does not match.
std::optional<std::size_t> matched(std::string_view prefix, std::string_view name) {
  const bool is_wild = prefix.starts_with("*.");
  const std::string_view wanted = is_wild ? prefix.substr(1) : prefix;
  const std::string_view host = name.substr(0, name.find('/'));
  // ".example.com/ns" begins where the host ends in ".example.com".
  const std::size_t host_part = std::min(wanted.find('/'), wanted.size());
  const std::size_t start = is_wild && host.size() >= host_part ? host.size() - host_part : 0;
  const std::string_view rest = name.substr(start);
  const bool whole = rest.starts_with(wanted) && (rest.size() == wanted.size() || rest[wanted.size()] == '/');
  return whole ? std::optional(start + wanted.size()) : std::nullopt;
}

// A [[registry]] that speaks of the repository.
struct Match {
  ConfigTable table;
  std::string prefix;
  std::size_t end;  // how much of the name it stands for

  // "*.example.com" is less than "a.example.com".
  std::size_t weight() const { return prefix.size() - (prefix.starts_with("*.") ? 1 : 0); }
};

// A location stands for what the prefix does; the rest of the name is below it.
Candidate candidate_at(const ConfigTable& table, const Match& match, const Asked& asked) {
  const Address address = address_of(table, "location", location_of(table), SchemePrefix::refused);
  const std::string repository = address.path + asked.name().substr(match.end);
  Candidate candidate{.endpoint = endpoint_at({address.scheme, address.host, {}}, repository)};
  candidate.endpoint.repository.erase(0, repository.find_first_not_of('/'));
  if (candidate.endpoint.repository.empty() && !asked.repository.empty()) {
    table.fail("location", fmt::format("it stands for the repository {}, but names none", oci::shown(match.prefix)));
  }
  candidate.insecure = table.flag("insecure");
  return candidate;
}

std::uint8_t capabilities_of(const ConfigTable& mirror, bool by_digest_only) {
  const std::string from = mirror.text("pull-from-mirror");
  if (!from.empty() && from != "all" && from != "digest-only" && from != "tag-only") {
    mirror.fail("pull-from-mirror", fmt::format("'{}' is none of all, digest-only and tag-only", oci::shown(from)));
  }
  if (from == "tag-only") {
    return static_cast<std::uint8_t>(Capability::resolve);
  }
  const bool by_digest = from == "digest-only" || (from.empty() && by_digest_only);
  return by_digest ? static_cast<std::uint8_t>(Capability::pull) : mirror_capabilities;
}

HostRules rules_of(const Match& match, const Asked& asked) {
  const ConfigTable& table = match.table;
  if (table.flag("blocked").value_or(false)) {
    throw Error(Code::permission_denied,
                fmt::format("{} is blocked by {}", oci::shown(match.prefix), table.file().native()));
  }
  HostRules rules;
  const bool by_digest_only = table.flag("mirror-by-digest-only").value_or(false);
  for (const auto& mirror : table.tables("mirror")) {
    if (location_of(mirror).empty()) {
      mirror.fail("location", "missing; write the mirror's HOST[:PORT][/PATH]");
    }
    auto& mirrors = rules.mirrors ? *rules.mirrors : rules.mirrors.emplace();
    mirrors.push_back(candidate_at(mirror, match, asked));
    mirrors.back().endpoint.capabilities = capabilities_of(mirror, by_digest_only);
  }
  rules.insecure = table.flag("insecure");
  const std::string location = location_of(table);
  if (!location.empty() && location != match.prefix) {
    rules.registry = candidate_at(table, match, asked);
  }
  return rules;
}

struct File {
  fs::path path;
  ConfigValue value;
};

// The main file, then what is dropped beside any of them, so that the first listed (the user's) has the last word.
// In a list, where they stay: tables refer to them.
std::list<File> read_files(const std::vector<fs::path>& paths) {
  std::list<File> files;
  const auto read = [&](const fs::path& path) {
    if (auto value = read_toml_file(path, Unreadable::skip)) {
      files.push_back({path, std::move(*value)});
    }
  };
  for (const auto& path : paths) {
    if (files.empty()) {
      read(path);
    }
  }
  for (const auto& path : paths | std::views::reverse) {
    const fs::path folder = path.native() + ".d";
    const auto names = is_readable_folder(folder) ? list_directory(folder) : std::vector<std::string>();
    for (const auto& name : names) {
      if (name.ends_with(".conf")) {
        read(folder / name);
      }
    }
  }
  return files;
}

}  // namespace

HostRules read_registries_conf(const std::vector<fs::path>& paths, const Asked& asked) {
  const std::string name = asked.name();
  const auto files = read_files(paths);
  std::optional<Match> best;
  for (const auto& file : files) {
    for (const auto& registry : ConfigTable(file.path, file.value).tables("registry")) {
      Match match{registry, prefix_of(registry), 0};
      if (match.prefix.empty()) {
        registry.fail("prefix", "missing, and so is location");
      }
      const auto end = matched(match.prefix, name);
      match.end = end.value_or(0);
      // Of files that say as much the later counts.
      if (end && (!best || match.weight() >= best->weight())) {
        best = std::move(match);
      }
    }
  }
  return best ? rules_of(*best, asked) : HostRules{};
}

}  // namespace nacre::registry
