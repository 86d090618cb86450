#include "runtime/user_lookup.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "runtime/words.h"

namespace nacre::runtime {

namespace {

constexpr std::uint64_t max_table = 16 * 1024 * 1024;
constexpr std::int64_t max_id = INT32_MAX;

Error invalid(std::string message) {
  return {Code::invalid_argument, std::move(message)};
}

// A table of the image; "" when there is none (or something that is no file is in its place).
std::string read_table(const Fd& root, const char* path) {
  Fd file;
  try {
    file = open_in_root(root, path, O_RDONLY | O_NONBLOCK);
  } catch (const Error& error) {
    if (error.sys_errno() == ENOENT || error.sys_errno() == ENOTDIR || error.sys_errno() == ENXIO ||
        error.sys_errno() == ELOOP) {
      return {};
    }
    throw;
  }
  struct stat status{};
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return {};
  }
  const std::uint64_t size = file_size(file);
  if (size > max_table) {
    throw Error(Code::corrupt, fmt::format("read {} of the image: more than {} MiB", path, max_table >> 20));
  }
  std::string content(size, '\0');
  content.resize(read_up_to(file, std::as_writable_bytes(std::span(content))));
  return content;
}

// A whole number, possibly beyond what an id can be; nothing for a name.
std::optional<std::int64_t> parse_id(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, result] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || text.empty() || result == std::errc::invalid_argument) {
    return std::nullopt;
  }
  return result == std::errc::result_out_of_range ? max_id + 1 : value;
}

std::uint32_t checked_id(std::int64_t id) {
  if (id < 0 || id > max_id) {
    throw invalid(fmt::format("uids and gids must be in range 0-{}", max_id));
  }
  return static_cast<std::uint32_t>(id);
}

// Calls visit with the fields of every line that has at least `fields` of them, until it returns true.
template <class Visit>
void for_each_entry(std::string_view table, std::size_t fields, Visit&& visit) {
  for (const std::string_view line : split(table, '\n')) {
    if (line.empty() || line.starts_with('#')) {
      continue;
    }
    std::vector<std::string_view> parts = split(line, ':');
    if (parts.size() >= fields && visit(parts)) {
      return;
    }
  }
}

struct PasswdEntry {
  std::string name;
  std::int64_t uid = 0, gid = 0;
  std::string home;
};

std::optional<PasswdEntry> find_passwd(std::string_view table, std::string_view user) {
  const auto wanted_id = user.empty() ? std::optional<std::int64_t>(0) : parse_id(user);
  std::optional<PasswdEntry> found;
  // name:password:uid:gid:comment:home:shell
  for_each_entry(table, 4, [&](const std::vector<std::string_view>& fields) {
    const auto uid = parse_id(fields[2]);
    if (!uid || (wanted_id ? *uid != *wanted_id : fields[0] != user)) {
      return false;
    }
    found = PasswdEntry{std::string(fields[0]), *uid, parse_id(fields[3]).value_or(0),
                        std::string(fields.size() > 5 ? fields[5] : std::string_view())};
    return true;
  });
  return found;
}

std::uint32_t find_group(std::string_view table, std::string_view group) {
  const auto wanted_id = parse_id(group);
  std::optional<std::int64_t> found;
  // name:password:gid:member,member
  for_each_entry(table, 3, [&](const std::vector<std::string_view>& fields) {
    const auto gid = parse_id(fields[2]);
    if (gid && (wanted_id ? *gid == *wanted_id : fields[0] == group)) {
      found = gid;
    }
    return found.has_value();
  });
  if (!found && !wanted_id) {
    throw invalid(fmt::format("unable to find group {}: no matching entries in group file", group));
  }
  return checked_id(found.value_or(wanted_id.value_or(0)));
}

std::vector<std::uint32_t> groups_of(std::string_view table, std::string_view user) {
  std::vector<std::uint32_t> gids;
  for_each_entry(table, 4, [&](const std::vector<std::string_view>& fields) {
    const std::vector<std::string_view> members = split(fields[3], ',');
    const auto gid = parse_id(fields[2]);
    if (gid && std::ranges::find(members, user) != members.end()) {
      gids.push_back(checked_id(*gid));
    }
    return false;
  });
  return gids;
}

}  // namespace

ContainerUser look_up_user(const Fd& root, std::string_view user) {
  const std::size_t colon = user.find(':');
  const std::string_view name = user.substr(0, colon);
  const std::string_view group = colon == std::string_view::npos ? std::string_view() : user.substr(colon + 1);

  ContainerUser result;
  const auto entry = find_passwd(read_table(root, "/etc/passwd"), name);
  if (entry) {
    result.uid = checked_id(entry->uid);
    result.gid = checked_id(entry->gid);
    result.home = entry->home.empty() ? "/" : entry->home;
  } else if (!name.empty()) {
    const auto id = parse_id(name);
    if (!id) {
      throw invalid(fmt::format("unable to find user {}: no matching entries in passwd file", name));
    }
    result.uid = checked_id(*id);
  }
  std::vector<std::uint32_t> supplementary;
  if (!group.empty()) {
    result.gid = find_group(read_table(root, "/etc/group"), group);
  } else if (entry) {
    supplementary = groups_of(read_table(root, "/etc/group"), entry->name);
  }
  result.additional_gids.push_back(result.gid);
  for (const std::uint32_t gid : supplementary) {
    if (std::ranges::find(result.additional_gids, gid) == result.additional_gids.end()) {
      result.additional_gids.push_back(gid);
    }
  }
  return result;
}

}  // namespace nacre::runtime
