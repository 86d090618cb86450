#include "registry/server_error.h"

#include <algorithm>

#include <fmt/format.h>

#include "oci/ascii.h"
#include "oci/json.h"
#include "oci/shown.h"

namespace nacre::registry {

namespace {

constexpr std::size_t max_error_body = 64 * 1024;

std::string text_field(const oci::Json& object, const char* name) {
  const auto field = object.find(name);
  return field != object.end() && field->is_string() ? field->get<std::string>() : std::string();
}

// {"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":...}]}
std::string first_error(std::string_view body) {
  const oci::Json json = oci::Json::parse(body, nullptr, false);
  if (!json.is_object()) {
    return {};
  }
  const auto errors = json.find("errors");
  if (errors != json.end() && errors->is_array() && !errors->empty() && (*errors)[0].is_object()) {
    std::string code = oci::lower(text_field((*errors)[0], "code"));
    std::ranges::replace(code, '_', ' ');
    const std::string message = text_field((*errors)[0], "message");
    if (code.empty() || message.empty() || oci::lower(message) == code) {
      return message.empty() ? code : message;
    }
    return fmt::format("{}: {}", code, message);
  }
  const std::string details = text_field(json, "details");  // of token servers
  return details.empty() ? text_field(json, "message") : details;
}

std::string_view status_words(int status) {
  switch (status) {
    case 401:
      return "unauthorized";
    case 403:
      return "access denied";
    case 404:
      return "not found";
    case 429:
      return "too many requests";
    case 502:
    case 503:
    case 504:
      return "the server is not available";
    default:
      return status >= 500 ? "the server failed" : "an answer that was not expected";
  }
}

Code code_of(int status) {
  switch (status) {
    case 401:
    case 403:
      return Code::permission_denied;
    case 404:
    case 410:
      return Code::not_found;
    case 408:
    case 429:
      return Code::unavailable;
    default:
      return status >= 500 ? Code::unavailable : Code::unsupported;
  }
}

}  // namespace

std::string describe_errors(int status, std::string_view body) {
  const std::string said = first_error(body);
  return said.empty() ? fmt::format("{} (HTTP status {})", status_words(status), status) : oci::shown(said);
}

Error refusal(std::string_view what, net::Response& response) {
  std::string body(max_error_body, '\0');
  try {
    body.resize(response.read(std::as_writable_bytes(std::span(body))));
  } catch (const Error&) {
    body.clear();  // the status says enough
  }
  const int status = response.head().status;
  std::string text = fmt::format("{}: {}", what, describe_errors(status, body));
  if (status == 401) {
    text += "; `nacre login` tells the registry who you are";
  }
  return {code_of(status), text};
}

}  // namespace nacre::registry
