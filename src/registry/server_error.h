// What a registry says when it refuses. Source: distribution-spec, "Error Codes". Internal to registry/.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "net/client.h"

namespace nacre::registry {

// "manifest unknown", "denied: requested access to the resource is denied": the first error of an answer's body, fit to
// be shown; the status in words where the body says nothing.
std::string describe_errors(int status, std::string_view body);

// Reads what is left of an answer and makes the Error of it: not_found (404), permission_denied (401, 403), unavailable
// (429, 5xx), unsupported for the rest. `what`: "pull docker.io/library/alpine:3.20".
Error refusal(std::string_view what, net::Response& response);

}  // namespace nacre::registry
