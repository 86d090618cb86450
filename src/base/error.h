// The one exception type of the program, and the one table from its code to an exit status.
//
// A function that cannot do its job throws Error; callers add what they were doing on the way up, and only main()
// prints: "load app.tar: layer sha256:…: read: input/output error". A miss that is expected is std::optional, and
// cancellation (cancel.h) is not an Error.
#pragma once

#include <cerrno>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace nacre {

enum class Code {
  invalid_argument,   // the caller's words are off: a bad reference, flag or path
  not_found,          // the named thing does not exist
  already_exists,     // the name is taken
  conflict,           // the thing is in use, or in a state that forbids the operation
  permission_denied,  // EACCES, EPERM, EROFS
  no_space,           // ENOSPC, EDQUOT
  corrupt,            // bytes are not what their digest or their format says
  unsupported,        // well-formed, but not something nacre or this host can do
  unavailable,        // a resource is busy or out of reach now; trying again may help
  io,                 // the operating system failed us in another way
  internal,           // an invariant of ours is broken: a bug
};

class Error : public std::exception {
 public:
  // message: action, object, cause, next step; lower case, no full stop. sys_errno: the errno behind it, or 0.
  Error(Code code, std::string message, int sys_errno = 0);

  Code code() const noexcept { return code_; }
  int sys_errno() const noexcept { return sys_errno_; }
  const std::string& message() const noexcept { return message_; }
  const char* what() const noexcept override { return message_.c_str(); }

  // Prepends "context: " to the message.
  Error& add_context(std::string_view context);

 private:
  Code code_;
  int sys_errno_;
  std::string message_;
};

// The Error for a failed system call: "action object: strerror". Reads errno before anything can change it.
Error sys_error(std::string_view action, std::string_view object = {});
// The same for calls that return the error number instead of setting errno.
Error sys_error_from(int error_number, std::string_view action, std::string_view object = {});

// What errno means to a caller.
Code code_of_errno(int error_number) noexcept;

// The process exit status for an error that ends a command: docker's 1 for all but internal errors.
int exit_status(Code code) noexcept;

// Runs body; an Error that leaves it gets context prepended. context is a string, or a callable that makes one and is
// only called on failure.
template <class Context, class Body>
decltype(auto) with_context(Context&& context, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (Error& error) {
    if constexpr (std::is_invocable_v<Context>) {
      error.add_context(context());
    } else {
      error.add_context(context);
    }
    throw;
  }
}

}  // namespace nacre
