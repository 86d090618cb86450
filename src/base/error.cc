#include "base/error.h"

#include <cstring>

#include <fmt/format.h>

namespace nacre {

Error::Error(Code code, std::string message, int sys_errno)
    : code_(code), sys_errno_(sys_errno), message_(std::move(message)) {}

Error& Error::add_context(std::string_view context) {
  message_ = fmt::format("{}: {}", context, message_);
  return *this;
}

namespace {

// strerror in our style: lower case, unless the word is an abbreviation.
std::string cause_of(int error_number) {
  char buffer[128];
  std::string text = strerror_r(error_number, buffer, sizeof buffer);
  if (text.size() > 1 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a' && text[1] <= 'z') {
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  }
  return text;
}

}  // namespace

Error sys_error_from(int error_number, std::string_view action, std::string_view object) {
  const std::string subject = object.empty() ? std::string(action) : fmt::format("{} '{}'", action, object);
  return {code_of_errno(error_number), fmt::format("{}: {}", subject, cause_of(error_number)), error_number};
}

Error sys_error(std::string_view action, std::string_view object) {
  return sys_error_from(errno, action, object);
}

Code code_of_errno(int error_number) noexcept {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      return Code::not_found;
    case EEXIST:
      return Code::already_exists;
    case EACCES:
    case EPERM:
    case EROFS:
      return Code::permission_denied;
    case ENOSPC:
    case EDQUOT:
      return Code::no_space;
    case EBUSY:
    case EAGAIN:
    case ETXTBSY:
      return Code::unavailable;
    case ENOSYS:
    case EOPNOTSUPP:
      return Code::unsupported;
    case EINVAL:
    case ENAMETOOLONG:
    case ELOOP:
      return Code::invalid_argument;
    default:
      return Code::io;
  }
}

int exit_status(Code code) noexcept {
  return code == Code::internal ? 70 : 1;
}

}  // namespace nacre
