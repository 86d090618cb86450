#include "registry/credential_file.h"

#include <fmt/format.h>

#include "base/error.h"
#include "registry/credential_entry.h"
#include "registry/credential_keys.h"

namespace nacre::registry {

namespace {

constexpr std::uint64_t max_file_size = 1024 * 1024;

std::string read_if_there(const fs::path& path) {
  if (path.empty()) {
    return {};
  }
  try {
    return with_context([&] { return fmt::format("read logins from '{}'", path.native()); },
                        [&] { return read_file(path, max_file_size); });
  } catch (const Error& error) {
    if (error.code() != Code::not_found) {
      throw;
    }
    return {};
  }
}

// " at line 1, column 8", and nothing else of what the parser says: it may quote what it could not read.
std::string position_in(std::string_view message) {
  const std::size_t begin = message.find("line ");
  if (begin == std::string_view::npos) {
    return {};
  }
  const std::string_view rest = message.substr(begin);
  return fmt::format(" at {}", rest.substr(0, rest.find_first_not_of("line, column0123456789")));
}

oci::OrderedJson parse(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return oci::OrderedJson::object();
  }
  try {
    oci::parse_json(text);  // bounds depth and size, which the parser below does not
  } catch (const Error& error) {
    throw Error(Code::corrupt, fmt::format("not JSON{}; repair or remove it", position_in(error.message())));
  }
  auto json = oci::OrderedJson::parse(text);
  if (!json.is_object()) {
    throw Error(Code::corrupt, fmt::format("expected an object, found {}; repair or remove it", json.type_name()));
  }
  return json;
}

}  // namespace

CredentialFile::CredentialFile(fs::path path) : path_(std::move(path)) {
  const Secret text(read_if_there(path_));
  json_ = with_context([&] { return path_.native(); }, [&] { return parse(text.reveal()); });
}

const oci::OrderedJson* CredentialFile::section(std::string_view name) const {
  const auto found = json_.find(name);
  if (found == json_.end() || found->is_null()) {
    return nullptr;
  }
  if (!found->is_object()) {
    throw Error(Code::corrupt,
                fmt::format("{}: field '{}': expected an object, found {}", path_.native(), name, found->type_name()));
  }
  return &*found;
}

// The keys of a section that stand for a key, docker's own spelling first, the others as the file has them.
std::vector<std::string> CredentialFile::spellings(const oci::OrderedJson& section, std::string_view key) const {
  const std::string usual = credential_key(key);
  std::vector<std::string> found;
  for (const auto& [name, value] : section.items()) {
    if (name == usual) {
      found.insert(found.begin(), name);
    } else if (normal_key(name) == key) {
      found.push_back(name);
    }
  }
  return found;
}

std::optional<Credentials> CredentialFile::entry(std::string_view registry, std::string_view repository) const {
  const auto* const auths = section("auths");
  if (auths == nullptr) {
    return std::nullopt;
  }
  for (const auto& key : keys_for(registry, repository)) {
    for (const auto& name : spellings(*auths, key)) {
      auto found = with_context([&] { return fmt::format("{}: login for {}", path_.native(), key); },
                                [&] { return read_entry(auths->at(name)); });
      if (found) {
        return found;
      }
    }
  }
  return std::nullopt;
}

std::optional<std::string> CredentialFile::helper(std::string_view registry) const {
  const auto* const helpers = section("credHelpers");
  const auto names = helpers == nullptr ? std::vector<std::string>{} : spellings(*helpers, registry);
  const std::string helper = with_context(
      [&] { return path_.native(); },
      [&] { return names.empty() ? text_field(json_, "credsStore") : text_field(*helpers, names.front()); });
  return helper.empty() ? std::nullopt : std::optional(helper);
}

void CredentialFile::set(std::string_view registry, const Credentials& credentials) {
  section("auths");  // throws for one that is no object
  auto& auths = json_["auths"];
  if (auths.is_null()) {
    auths = oci::OrderedJson::object();
  }
  const std::string usual = credential_key(registry);
  for (const auto& name : spellings(auths, registry)) {
    if (name != usual) {
      auths.erase(name);
    }
  }
  write_entry(auths[usual], credentials);
}

bool CredentialFile::erase(std::string_view registry) {
  const auto* const auths = section("auths");
  const auto names = auths == nullptr ? std::vector<std::string>{} : spellings(*auths, registry);
  for (const auto& name : names) {
    json_["auths"].erase(name);
  }
  return !names.empty();
}

}  // namespace nacre::registry
