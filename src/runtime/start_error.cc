#include "runtime/start_error.h"

#include <array>

#include <fmt/format.h>

#include "oci/json.h"
#include "runtime/words.h"

namespace nacre::runtime {

namespace {

constexpr int not_found = 127;
constexpr int not_invocable = 126;
constexpr int not_started = 125;

// crun: "executable file `foo` not found in $PATH: No such file or directory" is runc's "exec: "foo": executable file
// not found in $PATH".
std::string in_runc_words(std::string_view message) {
  constexpr std::string_view before = "executable file `";
  constexpr std::string_view after = "` not found";
  const std::size_t start = message.find(before);
  const std::size_t end = message.find(after);
  if (start == std::string_view::npos || end == std::string_view::npos || end < start + before.size()) {
    return std::string(message);
  }
  const std::string_view name = message.substr(start + before.size(), end - start - before.size());
  return name.find('/') == std::string_view::npos
             ? fmt::format("exec: \"{}\": executable file not found in $PATH", name)
             : fmt::format("exec: \"{}\": stat {}: no such file or directory", name, name);
}

int status_of(std::string_view message) {
  const std::string text = lower(message);
  const auto says = [&](std::string_view words) { return text.find(words) != std::string::npos; };
  // Only of the command itself: a mount whose source is missing is no missing command.
  if (!says("exec: \"") && !says("exec user process") && !says("open executable")) {
    return not_started;
  }
  if (says("executable file not found") || says("no such file or directory")) {
    return not_found;
  }
  // crun says "operation not permitted" of a directory.
  return says("permission denied") || says("operation not permitted") || says("is a directory") ||
                 says("exec format error") || says("not a directory")
             ? not_invocable
             : not_started;
}

}  // namespace

int run_exit_status(const Error& error) noexcept {
  const auto* start = dynamic_cast<const StartError*>(&error);
  return start != nullptr ? start->exit_status() : not_started;
}

StartError start_error_of(std::string_view runtime_message) {
  constexpr std::array<std::string_view, 4> prefixes = {
      "runc run failed: ", "runc create failed: ", "unable to start container process: ",
      "error during container init: "};
  std::string message = in_runc_words(runtime_message);
  for (const std::string_view prefix : prefixes) {
    if (message.starts_with(prefix)) {
      message.erase(0, prefix.size());
    }
  }
  if (message.empty()) {
    message = "the runtime failed without a reason";
  }
  return {status_of(message), "start container process: " + message};
}

std::string last_error_of(std::string_view json_log) {
  std::string last;
  for (const std::string_view line : split(json_log, '\n')) {
    try {
      const oci::Json entry = line.empty() ? oci::Json() : oci::parse_json(line);
      if (entry.is_object() && oci::optional_string(entry, "level").value_or("") == "error") {
        last = oci::optional_string(entry, "msg").value_or("");
      }
    } catch (const Error&) {
      continue;  // a line cut short, or text of another program
    }
  }
  return last;
}

}  // namespace nacre::runtime
