// The --mount flag: a CSV line of key=value.
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "base/error.h"
#include "runtime/limits.h"
#include "runtime/mount_flags.h"
#include "runtime/mount_paths.h"
#include "runtime/words.h"

namespace nacre::runtime {

namespace {

Error invalid(std::string message) {
  return {Code::invalid_argument, std::move(message)};
}

Error csv_error(std::size_t column, std::string_view what) {
  return invalid(fmt::format("parse error on line 1, column {}: {}", column, what));
}

// One quoted field, from just after its opening quote; leaves `at` behind the closing one.
std::string read_quoted(std::string_view line, std::size_t& at) {
  std::string field;
  while (at < line.size()) {
    if (line[at] != '"') {
      field += line[at++];
    } else if (line.substr(at, 2) == "\"\"") {
      field += '"';
      at += 2;
    } else {
      ++at;
      if (at < line.size() && line[at] != ',') {
        throw csv_error(at, "extraneous or missing \" in quoted-field");
      }
      return field;
    }
  }
  throw csv_error(line.size() + 1, "extraneous or missing \" in quoted-field");
}

// One record as Go's encoding/csv reads it (RFC 4180).
std::vector<std::string> read_csv(std::string_view line) {
  std::vector<std::string> fields;
  std::size_t at = 0;
  while (true) {
    if (at < line.size() && line[at] == '"') {
      ++at;
      fields.push_back(read_quoted(line, at));
    } else {
      const std::size_t end = std::min(line.find(',', at), line.size());
      const std::string_view field = line.substr(at, end - at);
      if (const std::size_t quote = field.find('"'); quote != std::string_view::npos) {
        throw csv_error(at + quote + 1, "bare \" in non-quoted-field");
      }
      fields.emplace_back(field);
      at = end;
    }
    if (at >= line.size()) {
      return fields;
    }
    ++at;  // the comma
  }
}

// strconv.ParseBool
std::optional<bool> parse_bool(std::string_view text) {
  for (const std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == yes) {
      return true;
    }
  }
  for (const std::string_view no : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == no) {
      return false;
    }
  }
  return std::nullopt;
}

// A line being read; which families of options it used decides whether they fit the type.
struct Reading {
  MountRequest mount;
  std::string type = "volume";
  bool bind_options = false, tmpfs_options = false, image_options = false, volume_options = false;
};

bool flag_value(std::string_view key, const std::optional<std::string_view>& value) {
  if (!value) {
    return true;
  }
  const auto parsed = parse_bool(*value);
  if (!parsed) {
    throw invalid(fmt::format("invalid value for {}: {}", key, *value));
  }
  return *parsed;
}

void set_bind_recursion(Reading& reading, std::string_view value) {
  if (value != "enabled" && value != "disabled" && value != "writable" && value != "readonly") {
    throw invalid(fmt::format(
        "invalid value for bind-recursive: {} (must be \"enabled\", \"disabled\", \"writable\", or \"readonly\")",
        value));
  }
  reading.bind_options = true;
  reading.mount.recursion = value == "disabled" ? Recursion::no : Recursion::yes;
}

void set_tmpfs_mode(Reading& reading, std::string_view value) {
  std::uint32_t mode = 0;
  const auto [end, result] = std::from_chars(value.data(), value.data() + value.size(), mode, 8);
  if (result != std::errc{} || end != value.data() + value.size()) {
    throw invalid(fmt::format("invalid value for tmpfs-mode: {}", value));
  }
  reading.tmpfs_options = true;
  reading.mount.tmpfs_options.push_back(fmt::format("mode={:o}", mode));
}

void set_tmpfs_size(Reading& reading, std::string_view value) {
  std::uint64_t size = 0;
  try {
    size = parse_memory_size(value);
  } catch (const Error&) {
    throw invalid(fmt::format("invalid value for tmpfs-size: {}", value));
  }
  reading.tmpfs_options = true;
  reading.mount.tmpfs_options.push_back(fmt::format("size={}", size));
}

void set_type_option(Reading& reading, std::string_view field, std::string_view key,
                     const std::optional<std::string_view>& value) {
  const std::string_view text = value.value_or("");
  if (key == "bind-propagation") {
    reading.bind_options = true;
    reading.mount.propagation = lower(text);
  } else if (key == "bind-nonrecursive") {
    reading.bind_options = true;
    reading.mount.recursion = flag_value(key, value) ? Recursion::no : Recursion::yes;
  } else if (key == "bind-create-src") {
    reading.bind_options = true;
    reading.mount.missing = flag_value(key, value) ? MissingSource::create : MissingSource::refuse;
  } else if (key == "bind-recursive") {
    set_bind_recursion(reading, text);
  } else if (key == "tmpfs-size") {
    set_tmpfs_size(reading, text);
  } else if (key == "tmpfs-mode") {
    set_tmpfs_mode(reading, text);
  } else if (key == "image-subpath") {
    reading.image_options = true;
    reading.mount.image_subpath = text;
  } else if (key == "volume-nocopy" || key == "volume-label" || key == "volume-driver" || key == "volume-opt" ||
             key == "volume-subpath") {
    reading.volume_options = true;
  } else {
    throw invalid(fmt::format("unexpected key '{}' in '{}'", key, field));
  }
}

void read_field(Reading& reading, std::string_view field) {
  const std::size_t equals = field.find('=');
  const std::string key = lower(field.substr(0, equals));
  const auto value = equals == std::string_view::npos ? std::nullopt : std::optional(field.substr(equals + 1));
  if (!value && key != "readonly" && key != "ro" && key != "volume-nocopy" && key != "bind-nonrecursive" &&
      key != "bind-create-src") {
    throw invalid(fmt::format("invalid field '{}' must be a key=value pair", field));
  }
  if (key == "type") {
    reading.type = lower(*value);
  } else if (key == "source" || key == "src") {
    reading.mount.source = expand_relative(*value);
  } else if (key == "target" || key == "dst" || key == "destination") {
    reading.mount.target = *value;
  } else if (key == "readonly" || key == "ro") {
    reading.mount.access = flag_value(key, value) ? MountAccess::read_only : MountAccess::read_write;
  } else if (key != "consistency") {
    set_type_option(reading, field, key, value);
  }
}

void check_families(const Reading& reading) {
  const auto refuse = [&](bool used, std::string_view family) {
    if (used && reading.type != family) {
      throw invalid(fmt::format("cannot mix '{}-*' options with mount type '{}'", family, reading.type));
    }
  };
  refuse(reading.volume_options, "volume");
  refuse(reading.image_options, "image");
  refuse(reading.bind_options, "bind");
  refuse(reading.tmpfs_options, "tmpfs");
}

// What docker's daemon would say of a line that is well-formed.
void check_meaning(Reading& reading) {
  MountRequest& mount = reading.mount;
  with_context([&] { return fmt::format("invalid mount config for type \"{}\"", reading.type); },
               [&] {
                 mount.target = clean_target(mount.target);
                 if (reading.type == "bind") {
                   mount.type = MountType::bind;
                   if (mount.source.empty()) {
                     throw invalid("field Source must not be empty");
                   }
                   mount.source = clean_absolute(mount.source);
                   if (!is_propagation(mount.propagation)) {
                     throw invalid(fmt::format("invalid propagation mode: {}", mount.propagation));
                   }
                 } else if (reading.type == "tmpfs") {
                   mount.type = MountType::tmpfs;
                   if (!mount.source.empty()) {
                     throw invalid("field Source must not be specified");
                   }
                   if (mount.access == MountAccess::read_only) {
                     mount.tmpfs_options.emplace_back("ro");
                   }
                 } else if (reading.type == "image") {
                   mount.type = MountType::image;
                   mount.access = MountAccess::read_only;
                   if (mount.source.empty()) {
                     throw invalid("field Source must not be empty");
                   }
                 } else if (reading.type == "volume") {
                   mount.type = MountType::anonymous_volume;
                   if (!mount.source.empty()) {
                     refuse_named_volume(mount.source);
                   }
                 } else {
                   throw invalid("mount type unknown");
                 }
               });
}

}  // namespace

MountRequest parse_mount_flag(std::string_view text) {
  if (text.empty()) {
    throw invalid("EOF");
  }
  Reading reading;
  for (const std::string& field : read_csv(text)) {
    read_field(reading, field);
  }
  check_families(reading);
  if (reading.mount.target.empty()) {
    throw invalid("target is required");
  }
  check_meaning(reading);
  return reading.mount;
}

}  // namespace nacre::runtime
