// What every command works with.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/cancel.h"
#include "base/file.h"
#include "snapshot/snapshotter.h"
#include "store/store.h"

namespace nacre::cli {

// Flags before the command's name.
struct GlobalOptions {
  std::string root;                   // of the store
  std::optional<std::string> driver;  // "erofs", "extract"; nothing: what the host can do best
};

// Opens things when they are first needed, so that `nacre --help` touches no disk.
class Context {
 public:
  Context(GlobalOptions options, CancelToken cancel) : options_(std::move(options)), cancel_(std::move(cancel)) {}

  const CancelToken& cancel() const noexcept { return cancel_; }
  store::Store& store();
  snapshot::Snapshotter& snapshotter();
  // The driver, and why it is this one: tries a mount in a process of its own.
  snapshot::DriverChoice driver();

  // Standard output and standard error. A reader that went away (EPIPE) throws Cancelled; other failures throw Error.
  void print(std::string_view text);
  void print_error(std::string_view text);

 private:
  GlobalOptions options_;
  CancelToken cancel_;
  std::optional<store::Store> store_;
  std::unique_ptr<snapshot::Snapshotter> snapshotter_;
};

// Where the store is when nobody says: $NACRE_ROOT, /var/lib/nacre for root, $XDG_DATA_HOME/nacre otherwise.
std::string default_root();
// $NACRE_DRIVER, if set.
std::optional<std::string> default_driver();

}  // namespace nacre::cli
