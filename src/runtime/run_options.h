// What `run` was asked for, with every flag already read and checked for its form.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/limits.h"
#include "runtime/mount_flags.h"

namespace nacre::runtime {

enum class Stdin { closed, open };                // -i
enum class Terminal { no, yes };                  // -t
enum class AfterExit { keep, remove };            // --rm
enum class RootAccess { read_write, read_only };  // --read-only
enum class Privilege { normal, privileged };      // --privileged
enum class InitProcess { no, yes };               // --init
enum class NetworkMode { none, host };            // --network

enum class PlatformChoice { host, requested };  // whether --platform was given

// Throws Error (not_found): "network foo not found".
NetworkMode parse_network(std::string_view text);

struct RunOptions {
  std::string image_name;  // as the user typed it, for listings
  PlatformChoice platform = PlatformChoice::host;
  std::vector<std::string> command;  // replaces the image's Cmd when not empty
  // Replaces the image's Entrypoint and drops its Cmd; "" means none at all.
  std::optional<std::string> entrypoint;

  Stdin standard_input = Stdin::closed;
  Terminal terminal = Terminal::no;
  AfterExit after_exit = AfterExit::keep;
  std::string name;  // "": one is made up

  std::vector<std::string> environment;  // env files first, then -e; "NAME=value", or "NAME" to take an image's away
  std::string working_directory;         // "": the image's
  std::string user;                      // "": the image's
  std::string hostname;                  // "": the short ID
  std::string stop_signal;               // "": the image's; checked with parse_signal()
  NetworkMode network = NetworkMode::none;

  std::vector<MountRequest> mounts;
  RootAccess root_access = RootAccess::read_write;
  std::vector<std::string> cap_add, cap_drop;
  Privilege privilege = Privilege::normal;
  InitProcess init = InitProcess::no;

  std::vector<Ulimit> ulimits;
  std::optional<std::uint64_t> memory;     // bytes
  std::optional<std::int64_t> nano_cpus;   // billionths of a processor
  std::optional<std::int64_t> pids_limit;  // <= 0: unlimited

  // Told what is worth a line beginning with "WARNING: ".
  std::function<void(std::string_view)> warn = [](std::string_view) {};
};

}  // namespace nacre::runtime
