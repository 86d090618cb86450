#include "image/config_change.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstring>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "image/config_change_lines.h"
#include "image/config_change_ports.h"
#include "image/config_change_words.h"
#include "oci/shown.h"

namespace nacre::image {

namespace {

using oci::shown;

[[noreturn]] void fail(std::string message) {
  throw Error(Code::invalid_argument, std::move(message));
}

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return result;
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

void require_arguments(const Instruction& instruction) {
  if (instruction.arguments.empty()) {
    fail(upper(instruction.name) + " requires at least one argument");
  }
}

// The argument of an instruction that takes all of the line for one.
std::string single_argument(const Instruction& instruction, const std::vector<std::string>& environment) {
  if (instruction.arguments.empty()) {
    fail(upper(instruction.name) + " requires exactly one argument");
  }
  return expand_word(instruction.arguments, environment);
}

void add_to_set(std::vector<std::string>& sorted, std::vector<std::string> items) {
  std::ranges::move(items, std::back_inserter(sorted));
  std::ranges::sort(sorted);
  const auto repeated = std::ranges::unique(sorted);
  sorted.erase(repeated.begin(), repeated.end());
}

// "name=value name2=value2", or the old "name value with spaces".
std::vector<std::pair<std::string, std::string>> name_values(const Instruction& instruction,
                                                             const std::vector<std::string>& environment) {
  require_arguments(instruction);
  const std::string command = upper(instruction.name);
  std::vector<std::pair<std::string, std::string>> pairs;
  const auto words = split_words(instruction.arguments);
  const std::string_view line = instruction.arguments;
  if (words.empty() || !words.front().contains('=')) {
    const std::size_t end = line.find_first_of(" \t");
    if (end == std::string_view::npos) {
      fail(command + " must have two arguments");
    }
    pairs.emplace_back(line.substr(0, end), trim_spaces(line.substr(end)));
  } else {
    for (const auto& word : words) {
      const std::size_t equals = word.find('=');
      if (equals == std::string::npos) {
        fail(fmt::format("Syntax error - can't find = in \"{}\". Must be of the form: name=value", shown(word)));
      }
      pairs.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    }
  }
  for (auto& [name, value] : pairs) {
    name = expand_word(name, environment);
    value = expand_word(value, environment);
    if (name.empty()) {
      fail(command + " names can not be blank");
    }
  }
  return pairs;
}

// The arguments of CMD and its like: a JSON array, or a line for the shell.
struct CommandLine {
  std::vector<std::string> words;
  bool is_json;
};

CommandLine command_line(std::string_view arguments) {
  if (auto words = parse_json_form(arguments)) {
    return {std::move(*words), true};
  }
  return {{std::string(arguments)}, false};
}

std::vector<std::string> with_shell(CommandLine line, const oci::ContainerDefaults& defaults) {
  if (line.is_json) {
    return std::move(line.words);
  }
  std::vector<std::string> words{"/bin/sh", "-c"};
  if (defaults.shell && !defaults.shell->empty()) {
    words = *defaults.shell;
  }
  words.insert(words.end(), line.words.begin(), line.words.end());
  return words;
}

// "15", "TERM", "SIGTERM", "sigrtmin+3".
bool is_signal(std::string_view text) {
  if (const auto number = parse_number<int>(text)) {
    return *number > 0 && *number <= SIGRTMAX;
  }
  std::string name = upper(text);
  if (name.starts_with("SIG")) {
    name.erase(0, 3);
  }
  for (int number = 1; number < SIGRTMIN; ++number) {
    const char* const known = ::sigabbrev_np(number);
    if (known != nullptr && name == known) {
      return true;
    }
  }
  constexpr std::array<std::string_view, 5> other_names{"CLD", "IO", "IOT", "RTMIN", "RTMAX"};
  if (std::ranges::find(other_names, name) != other_names.end()) {
    return true;
  }
  const int span = SIGRTMAX - SIGRTMIN;
  const auto offset = name.starts_with("RTMIN+") || name.starts_with("RTMAX-")
                          ? parse_number<int>(std::string_view(name).substr(6))
                          : std::nullopt;
  return offset && *offset > 0 && *offset <= span;
}

std::int64_t interval_flag(const std::string& name, const std::string& text) {
  constexpr std::int64_t minimum = 1'000'000;  // 1 ms, as in docker
  const auto nanoseconds = parse_duration(text);
  if (!nanoseconds) {
    fail(fmt::format("invalid duration \"{}\" for --{}", shown(text), name));
  }
  if (*nanoseconds != 0 && *nanoseconds < minimum) {
    fail(fmt::format("Interval \"{}\" cannot be less than 1ms", name));
  }
  return *nanoseconds;
}

void set_health_flag(oci::Healthcheck& health, const std::string& name, const std::string& value) {
  if (name == "interval") {
    health.interval = interval_flag(name, value);
  } else if (name == "timeout") {
    health.timeout = interval_flag(name, value);
  } else if (name == "start-period") {
    health.start_period = interval_flag(name, value);
  } else if (name == "start-interval") {
    health.start_interval = interval_flag(name, value);
  } else if (name == "retries") {
    const auto retries = parse_number<std::int32_t>(value);
    if (!retries) {
      fail(fmt::format("invalid number \"{}\" for --retries", shown(value)));
    }
    if (*retries < 0) {
      fail(fmt::format("--retries cannot be negative ({})", *retries));
    }
    health.retries = *retries;
  } else {
    fail(fmt::format("unknown flag: --{}", shown(name)));
  }
}

oci::Healthcheck healthcheck(const Instruction& instruction) {
  require_arguments(instruction);
  const std::string_view line = instruction.arguments;
  const std::size_t end = line.find_first_of(" \t");
  const std::string type = upper(line.substr(0, end));
  const auto arguments = end == std::string_view::npos ? std::string_view() : trim_spaces(line.substr(end));
  oci::Healthcheck health;
  for (const auto& [name, value] : instruction.flags) {
    set_health_flag(health, name, value);
  }
  if (type == "NONE") {
    if (!arguments.empty()) {
      fail("HEALTHCHECK NONE takes no arguments");
    }
    return {.test = {"NONE"}};
  }
  if (type != "CMD") {
    fail(fmt::format("Unknown type \"{}\" in HEALTHCHECK (try CMD)", shown(type)));
  }
  auto command = command_line(arguments);
  if (arguments.empty() || command.words.empty()) {
    fail("Missing command after HEALTHCHECK CMD");
  }
  health.test = {command.is_json ? "CMD" : "CMD-SHELL"};
  health.test.insert(health.test.end(), command.words.begin(), command.words.end());
  return health;
}

std::string on_build(const Instruction& instruction) {
  require_arguments(instruction);
  const std::string& trigger = instruction.original_arguments;
  const std::string name = upper(trigger.substr(0, trigger.find_first_of(" \t")));
  if (name == "ONBUILD") {
    fail("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  }
  if (name == "MAINTAINER" || name == "FROM") {
    fail(name + " isn't allowed as an ONBUILD trigger");
  }
  return trigger;
}

// A path below a directory, as Go's filepath.Join has it.
std::string joined_path(const std::string& directory, const std::string& path) {
  const fs::path joined = (fs::path("/") / directory / path).lexically_normal();
  return joined.has_filename() || joined == "/" ? joined.native() : joined.parent_path().native();
}

// The config while instructions change it.
class Changer {
 public:
  explicit Changer(oci::ContainerDefaults defaults) : defaults_(std::move(defaults)) {}

  void apply(const Instruction& instruction) {
    const std::string name = upper(instruction.name);
    const auto* const known = std::ranges::find(handlers, name, &Handler::name);
    if (known == std::end(handlers)) {
      fail(shown(instruction.name) + " is not a valid change command");
    }
    if (!instruction.flags.empty() && name != "HEALTHCHECK" && name != "ONBUILD") {
      fail(fmt::format("unknown flag: --{}", shown(instruction.flags.front().first)));
    }
    (this->*known->run)(instruction);
  }

  oci::ContainerDefaults take() { return std::move(defaults_); }

 private:
  struct Handler {
    std::string_view name;
    void (Changer::*run)(const Instruction&);
  };
  static const std::array<Handler, 11> handlers;

  void cmd(const Instruction& instruction) {
    require_arguments(instruction);
    defaults_.cmd = with_shell(command_line(instruction.arguments), defaults_);
    cmd_set_ = true;
  }

  // A command that came with the image was meant for the entry point before.
  void entrypoint(const Instruction& instruction) {
    require_arguments(instruction);
    auto words = with_shell(command_line(instruction.arguments), defaults_);
    defaults_.entrypoint = words.empty() ? std::nullopt : std::optional(std::move(words));
    if (!cmd_set_) {
      defaults_.cmd.reset();
    }
  }

  void env(const Instruction& instruction) {
    for (const auto& variable : name_values(instruction, defaults_.env)) {
      const std::string prefix = variable.first + "=";
      const auto known = std::ranges::find_if(defaults_.env, [&](const std::string& entry) {
        return entry == variable.first || entry.starts_with(prefix);
      });
      if (known != defaults_.env.end()) {
        *known = prefix + variable.second;
      } else {
        defaults_.env.push_back(prefix + variable.second);
      }
    }
  }

  void label(const Instruction& instruction) {
    for (auto& [name, value] : name_values(instruction, defaults_.env)) {
      defaults_.labels[name] = value;
    }
  }

  void expose_ports(const Instruction& instruction) {
    require_arguments(instruction);
    for (const auto& word : expand_words(instruction.arguments, defaults_.env)) {
      add_to_set(defaults_.exposed_ports, parse_exposed_ports(word));
    }
  }

  void volume(const Instruction& instruction) {
    require_arguments(instruction);
    std::vector<std::string> paths;
    if (auto json = parse_json_form(instruction.arguments)) {
      paths = std::move(*json);
    } else {
      paths = split_words(instruction.arguments);
    }
    for (auto& path : paths) {
      path = trim_spaces(expand_word(path, defaults_.env));
      if (path.empty()) {
        fail("VOLUME specified can not be an empty string");
      }
    }
    add_to_set(defaults_.volumes, std::move(paths));
  }

  void user(const Instruction& instruction) { defaults_.user = single_argument(instruction, defaults_.env); }

  void workdir(const Instruction& instruction) {
    const std::string path = single_argument(instruction, defaults_.env);
    if (path.empty()) {
      fail("cannot normalize nothing");
    }
    defaults_.working_dir = path.starts_with('/') ? path : joined_path(defaults_.working_dir, path);
  }

  void stop_signal(const Instruction& instruction) {
    std::string signal = single_argument(instruction, defaults_.env);
    if (!is_signal(signal)) {
      fail("invalid signal: " + shown(signal));
    }
    defaults_.stop_signal = std::move(signal);
  }

  void health(const Instruction& instruction) { defaults_.healthcheck = healthcheck(instruction); }
  void trigger(const Instruction& instruction) { defaults_.on_build.push_back(on_build(instruction)); }

  oci::ContainerDefaults defaults_;
  bool cmd_set_ = false;
};

const std::array<Changer::Handler, 11> Changer::handlers = {{
    {"CMD", &Changer::cmd},
    {"ENTRYPOINT", &Changer::entrypoint},
    {"ENV", &Changer::env},
    {"EXPOSE", &Changer::expose_ports},
    {"HEALTHCHECK", &Changer::health},
    {"LABEL", &Changer::label},
    {"ONBUILD", &Changer::trigger},
    {"STOPSIGNAL", &Changer::stop_signal},
    {"USER", &Changer::user},
    {"VOLUME", &Changer::volume},
    {"WORKDIR", &Changer::workdir},
}};

}  // namespace

oci::ContainerDefaults apply_changes(oci::ContainerDefaults defaults, std::span<const std::string> changes) {
  const auto instructions = parse_instructions(fmt::format("{}", fmt::join(changes, "\n")));
  Changer changer(std::move(defaults));
  for (const auto& instruction : instructions) {
    changer.apply(instruction);
  }
  return changer.take();
}

}  // namespace nacre::image
