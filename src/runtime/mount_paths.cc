#include "runtime/mount_paths.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include <fmt/format.h>

#include "base/error.h"
#include "runtime/words.h"

namespace nacre::runtime {

namespace fs = std::filesystem;

std::string clean_absolute(std::string_view path) {
  if (!path.starts_with('/')) {
    throw Error(Code::invalid_argument, fmt::format("invalid mount path: '{}' mount path must be absolute", path));
  }
  std::string clean = fs::path(path).lexically_normal().native();
  if (clean.size() > 1 && clean.back() == '/') {
    clean.pop_back();
  }
  return clean;
}

std::string clean_target(std::string_view path) {
  std::string clean = clean_absolute(path);
  if (clean == "/") {
    throw Error(Code::invalid_argument, "invalid specification: destination can't be '/'");
  }
  return clean;
}

std::string expand_relative(std::string_view path) {
  const bool relative = path == "." || path == ".." || path.starts_with("./") || path.starts_with("../");
  return relative ? clean_absolute((fs::current_path() / path).native()) : std::string(path);
}

bool is_propagation(std::string_view word) {
  constexpr std::array<std::string_view, 6> known = {"private", "rprivate", "shared", "rshared", "slave", "rslave"};
  return std::ranges::find(known, word) != known.end();
}

void refuse_named_volume(std::string_view name) {
  const auto allowed = [](char c) { return is_alphanumeric(c) || c == '_' || c == '.' || c == '-'; };
  if (name.empty() || !is_alphanumeric(name[0]) || !std::ranges::all_of(name, allowed)) {
    throw Error(
        Code::invalid_argument,
        fmt::format("create {0}: \"{0}\" includes invalid characters for a local volume name, only "
                    "\"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed; if you intended to pass a host directory, use an "
                    "absolute path",
                    name));
  }
  throw Error(Code::unsupported, fmt::format("volume {}: named volumes are not supported; give a host directory as an "
                                             "absolute path",
                                             name));
}

}  // namespace nacre::runtime
