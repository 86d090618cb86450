#include "registry/credential_entry.h"

#include <fmt/format.h>

#include "base/error.h"
#include "registry/base64.h"

namespace nacre::registry {

namespace {

// docker before 1.11 padded with NUL bytes.
std::string_view without_padding(std::string_view password) {
  while (password.ends_with('\0')) {
    password.remove_suffix(1);
  }
  return password;
}

void read_auth(std::string_view encoded, Credentials& credentials) {
  const auto decoded = base64_decode(encoded);
  const std::size_t colon = decoded ? decoded->find(':') : std::string::npos;
  if (colon == std::string::npos) {
    throw Error(Code::corrupt, "field 'auth': not the base64 of user:password");
  }
  const std::string_view text = *decoded;
  credentials.username = text.substr(0, colon);
  credentials.password = Secret(std::string(without_padding(text.substr(colon + 1))));
}

}  // namespace

std::string text_field(const oci::OrderedJson& object, std::string_view name) {
  const auto field = object.find(name);
  if (field == object.end() || field->is_null()) {
    return {};
  }
  if (!field->is_string()) {
    throw Error(Code::corrupt, fmt::format("field '{}': expected a string, found {}", name, field->type_name()));
  }
  return field->get<std::string>();
}

std::optional<Credentials> read_entry(const oci::OrderedJson& entry) {
  if (entry.is_null()) {
    return std::nullopt;
  }
  if (!entry.is_object()) {
    throw Error(Code::corrupt, fmt::format("expected an object, found {}", entry.type_name()));
  }
  Credentials credentials{.username = text_field(entry, "username"),
                          .password = Secret(text_field(entry, "password")),
                          .identity_token = Secret(text_field(entry, "identitytoken")),
                          .registry_token = Secret(text_field(entry, "registrytoken"))};
  if (const std::string encoded = text_field(entry, "auth"); !encoded.empty()) {
    read_auth(encoded, credentials);
  }
  const bool is_empty =
      credentials.password.empty() && credentials.identity_token.empty() && credentials.registry_token.empty();
  return is_empty ? std::nullopt : std::optional(std::move(credentials));
}

void write_entry(oci::OrderedJson& entry, const Credentials& credentials) {
  if (!entry.is_object()) {
    entry = oci::OrderedJson::object();
  }
  for (const char* const field : {"auth", "username", "password", "identitytoken", "registrytoken"}) {
    entry.erase(field);
  }
  if (!credentials.username.empty()) {
    // As docker: whoever has an identity token needs no password, and it is not kept.
    const std::string_view password =
        credentials.identity_token.empty() ? credentials.password.reveal() : std::string_view();
    entry["auth"] = base64_encode(fmt::format("{}:{}", credentials.username, password));
  }
  if (!credentials.identity_token.empty()) {
    entry["identitytoken"] = credentials.identity_token.reveal();
  }
  if (!credentials.registry_token.empty()) {
    entry["registrytoken"] = credentials.registry_token.reveal();
  }
}

}  // namespace nacre::registry
