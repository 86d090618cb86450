#include "registry/credential_helper.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include "base/error.h"
#include "base/subprocess.h"
#include "oci/json.h"
#include "oci/shown.h"

namespace nacre::registry {

namespace {

// What helpers say, with status 1, when they have nothing.
constexpr std::string_view nothing_found = "credentials not found in native keychain";
// The user name that makes the secret an identity token.
constexpr std::string_view token_user = "<token>";

// In memory, so that nobody can find it, and whole, so that a helper that reads to the end comes to one.
Fd memory_file(std::string_view text) {
  Fd file(::memfd_create("credential", MFD_CLOEXEC));
  if (!file) {
    throw sys_error("make a memory file");
  }
  write_all_at(file, as_bytes(text), 0);
  return file;
}

std::string program_of(std::string_view helper) {
  if (helper.empty() || helper.contains('/') || oci::shown(helper) != helper) {
    throw Error(Code::invalid_argument,
                fmt::format("credential helper '{}' is no name: X stands for the program docker-credential-X in PATH",
                            oci::shown(helper)));
  }
  return fmt::format("docker-credential-{}", helper);
}

CapturedOutput run_helper(const std::string& program, const char* action, std::string_view input) {
  if (!find_program(program)) {
    throw Error(Code::unavailable,
                fmt::format("{}: not in PATH; install it, or take its name out of config.json or auth.json", program));
  }
  const Fd standard_input = memory_file(input);
  try {
    return run_captured(
        {.argv = {program, action}, .environment = {}, .standard_input = standard_input.get(), .keep_open = {}});
  } catch (const Error& error) {
    throw Error(Code::unavailable, fmt::format("{} {}: {}", program, action, error.message()), error.sys_errno());
  }
}

std::string_view first_line(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  text = text.substr(0, text.find_first_of("\r\n"));
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

// What a helper that failed complains about. A helper that traces itself, or fails after it has answered, says the
// secret, in JSON or bare.
Error failure(const std::string& program, const char* action, const CapturedOutput& result, const Secret& sent) {
  for (const std::string_view text : {result.error, result.output}) {
    const std::string_view line = first_line(text);
    const bool may_tell = line.contains('{') || (!sent.empty() && line.contains(sent.reveal()));
    if (!line.empty() && !may_tell) {
      return {Code::unavailable, fmt::format("{} {}: {}", program, action, oci::shown(line))};
    }
  }
  const auto [code, signal] = result.status;
  return {Code::unavailable, fmt::format("{} {}: {}", program, action,
                                         signal != 0 ? fmt::format("killed by signal {}", signal)
                                                     : fmt::format("failed with status {}", code))};
}

bool succeeded(const CapturedOutput& result) {
  return result.status.shell_code() == 0;
}

bool found_nothing(const CapturedOutput& result) {
  return !succeeded(result) &&
         (first_line(result.output) == nothing_found || first_line(result.error) == nothing_found);
}

std::optional<Credentials> parse_answer(std::string_view text) {
  const oci::Json json = oci::parse_json(text);
  Credentials credentials{.username = oci::optional_string(json, "Username").value_or("")};
  Secret secret(oci::optional_string(json, "Secret").value_or(""));
  if (secret.empty()) {
    return std::nullopt;
  }
  if (credentials.username == token_user) {
    return Credentials{.identity_token = std::move(secret)};
  }
  credentials.password = std::move(secret);
  return credentials;
}

}  // namespace

std::optional<Credentials> ask_helper(std::string_view helper, std::string_view key) {
  const std::string program = program_of(helper);
  CapturedOutput result = run_helper(program, "get", key);
  if (found_nothing(result)) {
    return std::nullopt;
  }
  if (!succeeded(result)) {
    throw failure(program, "get", result, {});
  }
  const Secret answer(std::move(result.output));
  try {
    return parse_answer(answer.reveal());
  } catch (const Error&) {  // whose message may quote the answer
    throw Error(Code::unavailable, fmt::format("{} get: its answer is not the JSON of a login", program));
  }
}

void tell_helper(std::string_view helper, std::string_view key, const Credentials& credentials) {
  const std::string program = program_of(helper);
  const bool is_token = !credentials.identity_token.empty();
  const Secret& secret = is_token ? credentials.identity_token : credentials.password;
  const oci::OrderedJson json = {
      {"ServerURL", key},
      {"Username", is_token ? token_user : std::string_view(credentials.username)},
      {"Secret", secret.reveal()},
  };
  const CapturedOutput result = run_helper(program, "store", Secret(json.dump()).reveal());
  if (!succeeded(result)) {
    throw failure(program, "store", result, secret);
  }
}

void erase_in_helper(std::string_view helper, std::string_view key) {
  const std::string program = program_of(helper);
  const CapturedOutput result = run_helper(program, "erase", key);
  if (!succeeded(result) && !found_nothing(result)) {
    throw failure(program, "erase", result, {});
  }
}

}  // namespace nacre::registry
