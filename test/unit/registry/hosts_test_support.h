// Configuration files in a folder of their own, and what hosts.h makes of them.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temp.h"
#include "registry/hosts.h"

namespace nacre::registry {

class HostsTest : public testing::Test {
 protected:
  void write(const fs::path& name, std::string_view text) {
    make_directories(path(name).parent_path());
    write_file_atomically(path(name), text);
  }
  fs::path path(const fs::path& name) const { return folder_.path() / name; }

  HostFiles files() const {
    return {.config = {path("config.toml"), path("system.toml")},
            .certificate_folders = {path("certs.d"), path("more.d")},
            .registries_conf = {path("user.conf"), path("registries.conf")},
            .daemon_json = path("daemon.json")};
  }
  std::vector<Endpoint> endpoints(std::string_view domain, std::string_view repository = "ns/repo") const {
    return Hosts(files()).endpoints(domain, repository);
  }
  // "https://mirror.lan/v2/ns/repo unverified".
  std::vector<std::string> places(std::string_view domain, std::string_view repository = "ns/repo") const {
    std::vector<std::string> urls;
    for (const auto& each : endpoints(domain, repository)) {
      const bool verified = each.tls.verify == net::Verify::yes;
      urls.push_back(each.origin + each.api + "/" + each.repository + (verified ? "" : " unverified"));
    }
    return urls;
  }
  // What is thrown, without the path of the folder: "config.toml:1: ...".
  std::string error_of(std::string_view domain, Code code = Code::corrupt) const {
    try {
      endpoints(domain);
      return "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code);
      const std::string prefix = folder_.path().native() + "/";
      std::string message = error.message();
      for (auto at = message.find(prefix); at != std::string::npos; at = message.find(prefix)) {
        message.erase(at, prefix.size());
      }
      return message;
    }
  }

 private:
  TempDir folder_{fs::temp_directory_path(), "hosts-"};
};

// "pull resolve push", as far as it can.
inline std::string abilities(const Endpoint& endpoint) {
  std::string text;
  text += endpoint.can(Capability::pull) ? "pull " : "";
  text += endpoint.can(Capability::resolve) ? "resolve " : "";
  text += endpoint.can(Capability::push) ? "push " : "";
  return text;
}

}  // namespace nacre::registry
