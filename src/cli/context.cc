#include "cli/context.h"

#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"

namespace nacre::cli {

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

void write_to(std::FILE* stream, std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stream) == text.size() && std::fflush(stream) == 0) {
    return;
  }
  if (errno == EPIPE) {
    throw Cancelled{};
  }
  throw sys_error("write output");
}

}  // namespace

std::string default_root() {
  if (auto root = environment("NACRE_ROOT"); !root.empty()) {
    return root;
  }
  if (::geteuid() == 0) {
    return "/var/lib/nacre";
  }
  if (auto data = environment("XDG_DATA_HOME"); !data.empty()) {
    return data + "/nacre";
  }
  return environment("HOME") + "/.local/share/nacre";
}

std::optional<std::string> default_driver() {
  auto driver = environment("NACRE_DRIVER");
  return driver.empty() ? std::nullopt : std::optional(std::move(driver));
}

store::Store& Context::store() {
  if (!store_) {
    store_.emplace(store::Store::open(fs::absolute(options_.root)));
  }
  return *store_;
}

namespace {

snapshot::DriverName parse_driver(const std::string& name) {
  if (name == "erofs") {
    return snapshot::DriverName::erofs;
  }
  if (name == "extract") {
    return snapshot::DriverName::extract;
  }
  throw Error(Code::invalid_argument, fmt::format("unknown driver '{}': use erofs or extract", name));
}

}  // namespace

snapshot::DriverChoice Context::driver() {
  if (options_.driver) {
    return {parse_driver(*options_.driver), "asked for"};
  }
  return snapshot::choose_driver(store().layout().ingest());
}

snapshot::Snapshotter& Context::snapshotter() {
  if (!snapshotter_) {
    snapshotter_ = options_.driver ? snapshot::make_snapshotter(parse_driver(*options_.driver))
                                   : snapshot::make_default_snapshotter();
  }
  return *snapshotter_;
}

void Context::print(std::string_view text) {
  write_to(stdout, text);
}
void Context::print_error(std::string_view text) {
  write_to(stderr, text);
}

}  // namespace nacre::cli
