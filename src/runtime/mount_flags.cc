#include "runtime/mount_flags.h"

#include <algorithm>
#include <array>
#include <optional>
#include <ranges>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "runtime/mount_paths.h"
#include "runtime/words.h"

namespace nacre::runtime {

namespace {

Error invalid(std::string message) {
  return {Code::invalid_argument, std::move(message)};
}

void set_volume_mode(MountRequest& mount, std::string_view mode) {
  bool access = false;
  bool label = false;
  bool propagation = false;
  const auto once = [&](bool& seen) {
    if (std::exchange(seen, true)) {
      throw invalid(fmt::format("invalid mode: {}", mode));
    }
  };
  for (const std::string_view word : split(mode, ',')) {
    if (word == "ro" || word == "rw") {
      once(access);
      mount.access = word == "ro" ? MountAccess::read_only : MountAccess::read_write;
    } else if (word == "z" || word == "Z") {
      once(label);  // relabelling is for hosts with SELinux; elsewhere it means nothing
    } else if (is_propagation(word)) {
      once(propagation);
      mount.propagation = word;
    } else if (word != "nocopy" && word != "consistent" && word != "cached" && word != "delegated") {
      throw invalid(fmt::format("invalid mode: {}", mode));
    }
  }
}

}  // namespace

MountRequest parse_volume_flag(std::string_view text) {
  if (text.empty()) {
    throw invalid("invalid empty volume spec");
  }
  const std::vector<std::string_view> parts = split(text, ':');
  if (std::ranges::any_of(parts, [](std::string_view part) { return part.empty(); })) {
    throw invalid(fmt::format("invalid spec: {}: empty section between colons", text));
  }
  if (parts.size() > 3) {
    throw invalid(fmt::format("invalid volume specification: '{}'", text));
  }
  MountRequest mount;
  mount.missing = MissingSource::create;
  if (parts.size() == 3) {
    set_volume_mode(mount, parts[2]);
  }
  return with_context([&] { return fmt::format("invalid volume specification: '{}'", text); },
                      [&] {
                        if (parts.size() == 1) {
                          mount.type = MountType::anonymous_volume;
                          mount.target = clean_target(parts[0]);
                          return mount;
                        }
                        mount.target = clean_target(parts[1]);
                        mount.source = expand_relative(parts[0]);
                        if (!mount.source.starts_with('/')) {
                          refuse_named_volume(mount.source);
                        }
                        mount.source = clean_absolute(mount.source);
                        return mount;
                      });
}

MountRequest parse_tmpfs_flag(std::string_view text) {
  const std::size_t colon = text.find(':');
  MountRequest mount;
  mount.type = MountType::tmpfs;
  mount.target = clean_target(text.substr(0, colon));
  if (colon != std::string_view::npos) {
    for (const std::string_view option : split(text.substr(colon + 1), ',')) {
      if (!option.empty()) {
        mount.tmpfs_options.emplace_back(option);
      }
    }
  }
  merged_tmpfs_options(mount.tmpfs_options);  // says what is wrong with them
  return mount;
}

void check_duplicate_targets(std::span<const MountRequest> mounts) {
  std::set<std::string_view> targets;
  for (const MountRequest& mount : mounts) {
    if (!targets.insert(mount.target).second) {
      throw invalid(fmt::format("duplicate mount point: {}", mount.target));
    }
  }
}

namespace {

// Flags in pairs of contraries.
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> flag_pairs = {{{"ro", "rw"},
                                                                                      {"nosuid", "suid"},
                                                                                      {"nodev", "dev"},
                                                                                      {"noexec", "exec"},
                                                                                      {"sync", "async"},
                                                                                      {"noatime", "atime"},
                                                                                      {"nodiratime", "diratime"},
                                                                                      {"relatime", "norelatime"}}};
constexpr std::array<std::string_view, 7> value_keys = {"size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "mpol"};

// What an option decides; options that decide the same thing replace each other. Nothing for an unknown option.
std::optional<std::string_view> subject_of(std::string_view option) {
  for (const auto& [flag, contrary] : flag_pairs) {
    if (option == flag || option == contrary) {
      return flag;
    }
  }
  const std::size_t equals = option.find('=');
  if (equals == std::string_view::npos) {
    return option == "strictatime" ? std::optional<std::string_view>("strictatime") : std::nullopt;
  }
  const auto key = std::ranges::find(value_keys, option.substr(0, equals));
  return key != value_keys.end() ? std::optional(*key) : std::nullopt;
}

}  // namespace

std::vector<std::string> merged_tmpfs_options(std::span<const std::string> requested) {
  std::vector<std::string> all = {"noexec", "nosuid", "nodev"};
  for (const std::string& option : requested) {
    if (option != "defaults") {
      all.push_back(option);
    }
  }
  std::vector<std::string> merged;
  std::set<std::string_view> decided;
  for (const auto& option : std::views::reverse(all)) {
    const auto subject = subject_of(option);
    if (!subject) {
      throw invalid(fmt::format("invalid tmpfs option [\"{}\"]", option));
    }
    if (decided.insert(*subject).second) {
      merged.push_back(option);
    }
  }
  std::ranges::reverse(merged);
  return merged;
}

}  // namespace nacre::runtime
