#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file_lock.h"
#include "base/temp.h"
#include "registry/credential_file.h"

namespace nacre::registry {

namespace {

// Where the bytes of a file are that may be a symlink, also of one that leads to nothing yet: many keep their
// configuration in a repository of its own and link to it.
fs::path behind_links(const fs::path& path) {
  fs::path real = fs::absolute(path);
  constexpr int max_links = 40;  // the kernel's own limit
  for (int links = 0; links < max_links; ++links) {
    std::error_code error;
    const fs::path target = fs::read_symlink(real, error);
    if (error) {
      return real;
    }
    real = real.parent_path() / target;
  }
  throw Error(Code::invalid_argument, "more symlinks than can be followed");
}

// A lock file that goes when it is let go of: the folder is the user's, not ours.
class FolderGuest {
 public:
  explicit FolderGuest(const fs::path& path) : lock_(FileLock::acquire(path, LockMode::exclusive)) {}
  FolderGuest(FolderGuest&&) = delete;
  FolderGuest& operator=(FolderGuest&&) = delete;
  ~FolderGuest() { lock_.release_and_remove(); }

 private:
  FileLock lock_;
};

// A file that `sudo nacre login` changes stays its owner's, who could not read it any more otherwise.
void keep_owner(const Fd& fresh, const fs::path& old) {
  struct stat info{};
  if (::geteuid() != 0 || ::stat(old.c_str(), &info) != 0) {
    return;
  }
  if (::fchown(fresh.get(), info.st_uid, info.st_gid) != 0) {
    throw sys_error("change owner");
  }
}

void replace(const fs::path& path, std::string_view text) {
  TempFile file(path.parent_path(), ".new-", 0600);
  write_all(file.fd(), as_bytes(text));
  keep_owner(file.fd(), path);
  file.commit(path);
}

}  // namespace

void change_credential_file(const fs::path& path, const std::function<bool(CredentialFile&)>& change) {
  with_context([&] { return fmt::format("change logins in '{}'", path.native()); },
               [&] {
                 const fs::path real = behind_links(path);
                 make_directories(real.parent_path(), 0700);
                 const FolderGuest lock(real.parent_path() / fmt::format(".{}.lock", real.filename().native()));
                 CredentialFile file(real);
                 if (change(file)) {
                   replace(real, Secret(file.text()).reveal());
                 }
               });
}

}  // namespace nacre::registry
