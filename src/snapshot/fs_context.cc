#include "snapshot/fs_context.h"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/error.h"

namespace nacre::snapshot {

namespace {

// fsconfig(2) copies at most 256 bytes of a string, with its end.
constexpr std::size_t max_value = 255;
// Characters that one kernel or another gives a meaning in overlayfs options.
constexpr std::string_view special_characters = ",:\\";

// The kernel's words on a context: one message a read, "e erofs: text" (e, w, i: error, warning, info).
std::string kernel_messages(const Fd& context) {
  std::string text;
  std::array<char, 1024> buffer{};
  constexpr int max_messages = 16;
  for (int i = 0; i < max_messages; ++i) {
    const ssize_t n = ::read(context.get(), buffer.data(), buffer.size());
    if (n <= 0) {
      break;
    }
    std::string_view message(buffer.data(), static_cast<std::size_t>(n));
    while (!message.empty() && message.back() == '\n') {
      message.remove_suffix(1);
    }
    if (!message.starts_with("e ") && !message.starts_with("w ")) {
      continue;
    }
    text += (text.empty() ? "" : "; ") + std::string(message.substr(2));
  }
  return text;
}

}  // namespace

FsContext::FsContext(std::string type) : type_(std::move(type)), context_(::fsopen(type_.c_str(), FSOPEN_CLOEXEC)) {
  if (!context_) {
    const int error_number = errno;
    if (error_number == ENODEV) {
      throw Error(Code::unsupported,
                  fmt::format("mount {}: this kernel does not know the file system; load its module "
                              "(modprobe {})",
                              type_, type_),
                  error_number);
    }
    if (error_number == ENOSYS) {
      throw Error(Code::unsupported, fmt::format("mount {}: this kernel lacks fsopen; Linux 5.2 has it", type_),
                  error_number);
    }
    if (error_number == EPERM) {
      throw Error(Code::permission_denied, fmt::format("mount {}: operation not permitted; run as root", type_),
                  error_number);
    }
    throw sys_error_from(error_number, "open a context for", type_);
  }
}

int FsContext::configure(unsigned command, const char* key, const char* value) {
  return ::fsconfig(context_.get(), command, key, value, 0) == 0 ? 0 : errno;
}

void FsContext::set(const std::string& key, const std::string& value) {
  if (const int error_number = configure(FSCONFIG_SET_STRING, key.c_str(), value.c_str()); error_number != 0) {
    fail(error_number, fmt::format("option {}={}", key, value));
  }
}

std::string FsContext::plain_name(const fs::path& path) {
  const std::string& name = path.native();
  if (name.size() <= max_value && name.find_first_of(special_characters) == std::string::npos) {
    return name;
  }
  opened_.push_back(open_file(path, O_PATH));
  return fmt::format("/proc/self/fd/{}", opened_.back().get());
}

void FsContext::set_path(const std::string& key, const fs::path& path) {
  set(key, plain_name(path));
}

bool FsContext::try_set_path(const std::string& key, const fs::path& path) {
  const std::string value = plain_name(path);
  const int error_number = configure(FSCONFIG_SET_STRING, key.c_str(), value.c_str());
  if (error_number == EINVAL) {
    kernel_messages(context_);  // "Unknown parameter": the caller has another way
    return false;
  }
  if (error_number != 0) {
    fail(error_number, fmt::format("option {}={}", key, value));
  }
  return true;
}

void FsContext::set_flag(const std::string& key) {
  if (const int error_number = configure(FSCONFIG_SET_FLAG, key.c_str(), nullptr); error_number != 0) {
    fail(error_number, fmt::format("option {}", key));
  }
}

void FsContext::mount_at(const fs::path& target, unsigned attributes) {
  if (const int error_number = configure(FSCONFIG_CMD_CREATE, nullptr, nullptr); error_number != 0) {
    fail(error_number, "create");
  }
  const Fd mount(::fsmount(context_.get(), FSMOUNT_CLOEXEC, attributes));
  if (!mount) {
    fail(errno, "create a mount");
  }
  if (::move_mount(mount.get(), "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0) {
    fail(errno, fmt::format("attach to {}", target.native()));
  }
  opened_.clear();
}

void FsContext::fail(int error_number, const std::string& action) const {
  Error error = sys_error_from(error_number, fmt::format("mount {}: {}", type_, action));
  if (const std::string said = kernel_messages(context_); !said.empty()) {
    throw Error(error.code(), fmt::format("{} ({})", error.message(), said), error_number);
  }
  throw error;
}

}  // namespace nacre::snapshot
