#include "runtime/network_files.h"

#include <fcntl.h>
#include <fmt/format.h>

#include "base/error.h"
#include "runtime/words.h"

namespace nacre::runtime {

namespace {

constexpr std::uint64_t max_size = 1024 * 1024;

// A file of the host's /etc; "" when there is none.
std::string read_host_file(const char* path) {
  try {
    return read_file(path, max_size);
  } catch (const Error& error) {
    if (error.code() == Code::not_found) {
      return {};
    }
    throw;
  }
}

// Not synced: it is made anew for every container.
void write_file(const fs::path& path, std::string_view content) {
  write_all(open_file(path, O_WRONLY | O_CREAT | O_TRUNC), as_bytes(content));
}

bool names_loopback_server(std::string_view line) {
  constexpr std::string_view blanks = " \t";
  line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
  constexpr std::string_view keyword = "nameserver";
  if (!line.starts_with(keyword)) {
    return false;
  }
  line.remove_prefix(keyword.size());
  const std::size_t start = line.find_first_not_of(blanks);
  if (start == 0 || start == std::string_view::npos) {
    return false;
  }
  const std::string_view address = line.substr(start);
  return address.starts_with("127.") || address == "::1" || address.starts_with("::1 ") || address.starts_with("::1%");
}

}  // namespace

std::string default_hosts() {
  return "127.0.0.1\tlocalhost\n"
         "::1\tlocalhost ip6-localhost ip6-loopback\n"
         "fe00::0\tip6-localnet\n"
         "ff00::0\tip6-mcastprefix\n"
         "ff02::1\tip6-allnodes\n"
         "ff02::2\tip6-allrouters\n";
}

std::string without_loopback_servers(std::string_view resolv_conf) {
  std::string result;
  if (resolv_conf.ends_with('\n')) {
    resolv_conf.remove_suffix(1);
  }
  if (resolv_conf.empty()) {
    return result;
  }
  for (const std::string_view line : split(resolv_conf, '\n')) {
    if (!names_loopback_server(line)) {
      result += line;
      result += '\n';
    }
  }
  return result;
}

NetworkFiles write_network_files(const fs::path& directory, NetworkMode network, std::string_view hostname) {
  const NetworkFiles files = {directory / "hosts", directory / "hostname", directory / "resolv.conf"};
  const std::string resolv_conf = read_host_file("/etc/resolv.conf");
  if (network == NetworkMode::host) {
    write_file(files.hosts, read_host_file("/etc/hosts"));
    write_file(files.resolv_conf, resolv_conf);
  } else {
    write_file(files.hosts, default_hosts());
    write_file(files.resolv_conf, without_loopback_servers(resolv_conf));
  }
  write_file(files.hostname, fmt::format("{}\n", hostname));
  return files;
}

}  // namespace nacre::runtime
