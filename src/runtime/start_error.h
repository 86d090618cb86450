// Why a container's process could not be started, in docker's three exit statuses.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace nacre::runtime {

// An Error that ends a run with a status of its own; every other one ends it with 125.
class StartError : public Error {
 public:
  StartError(int exit_status, std::string message)
      : Error(Code::invalid_argument, std::move(message)), exit_status_(exit_status) {}
  // 127: the command does not exist; 126: it cannot be invoked; 125: the container could not be set up; 1: no terminal.
  int exit_status() const noexcept { return exit_status_; }

 private:
  int exit_status_;
};

// The exit status for an Error that ended a run: StartError's own, 125 for all others.
int run_exit_status(const Error& error) noexcept;

// From a runtime's words to ours: runc's and crun's prefixes are dropped, crun's wording of a missing command becomes
// runc's.
StartError start_error_of(std::string_view runtime_message);

// The last error in a runtime's JSON log (one object a line); "" when there is none.
std::string last_error_of(std::string_view json_log);

}  // namespace nacre::runtime
