#include <array>
#include <atomic>
#include <mutex>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/temp.h"
#include "erofs/image_writer.h"
#include "snapshot/drivers.h"
#include "tree/layer_tree.h"

namespace nacre::snapshot {

namespace {

std::string kernel_release() {
  utsname names{};
  ::uname(&names);
  const std::string_view release = names.release;  // "6.18.4-amd64": the first two numbers say what it can
  const std::size_t second = release.find('.', release.find('.') + 1);
  return fmt::format("Linux {}", release.substr(0, second));
}

void write_empty_image(const fs::path& image) {
  const Fd file = open_file(image, O_WRONLY | O_CREAT | O_EXCL);
  const auto sink = archive::fd_sink(file);
  erofs::write_image(tree::LayerTreeBuilder().finish(), {}, {}, *sink);
}

// In a child process: mounts the image where nobody sees it, and says why not on `report`.
[[noreturn]] void try_to_mount(const fs::path& image, const fs::path& target, const Fd& report) {
  int status = 1;
  try {
    enter_private_mount_namespace();
    const Mount mount = mount_erofs(image, {}, target);
    status = 0;
  } catch (const Error& error) {
    [[maybe_unused]] const ssize_t n = ::write(report.get(), error.what(), error.message().size());
  } catch (...) {
    status = 2;
  }
  ::_exit(status);
}

}  // namespace

DriverChoice choose_driver(const fs::path& directory) {
  const TempDir scratch(directory, "probe-");
  const fs::path image = scratch.path() / "image";
  const fs::path target = scratch.path() / "target";
  write_empty_image(image);
  make_directories(target);

  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw sys_error("create pipe");
  }
  const Fd read_end(ends[0]);
  Fd write_end(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) {
    throw sys_error("start a process to try EROFS");
  }
  if (child == 0) {
    try_to_mount(image, target, write_end);
  }
  write_end.reset();
  std::string reason(4096, '\0');
  reason.resize(read_up_to(read_end, std::as_writable_bytes(std::span(reason))));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    return {DriverName::erofs, kernel_release() + " mounts EROFS from files"};
  }
  return {DriverName::extract,
          fmt::format("{}: {}", kernel_release(), reason.empty() ? "trying EROFS failed" : reason)};
}

std::string_view name_of(DriverName driver) noexcept {
  return driver == DriverName::erofs ? "erofs" : "extract";
}

std::optional<DriverName> driver_of(std::string_view name) noexcept {
  if (name == "erofs") {
    return DriverName::erofs;
  }
  return name == "extract" ? std::optional(DriverName::extract) : std::nullopt;
}

namespace {

class DefaultDriver : public Snapshotter {
 public:
  DriverName name() const noexcept override { return fell_back_ ? DriverName::extract : DriverName::erofs; }

  Mount mount(store::Store& store, std::span<const oci::DiffId> layers, const fs::path& target,
              const CancelToken& cancel) override {
    if (!fell_back_) {
      try {
        return erofs_.mount(store, layers, target, cancel);
      } catch (const Error& error) {
        // A damaged image and a kernel that cannot look alike from here; a trial with a good image tells them apart.
        if (error.sys_errno() == 0 || choose_driver(store.layout().ingest()).name == DriverName::erofs) {
          throw;
        }
        fell_back_ = true;
      }
    }
    return extract_.mount(store, layers, target, cancel);
  }

 private:
  ErofsDriver erofs_;
  ExtractDriver extract_;
  std::atomic<bool> fell_back_ = false;
};

}  // namespace

std::unique_ptr<Snapshotter> make_snapshotter(DriverName name) {
  if (name == DriverName::erofs) {
    return std::make_unique<ErofsDriver>();
  }
  return std::make_unique<ExtractDriver>();
}

std::unique_ptr<Snapshotter> make_default_snapshotter() {
  return std::make_unique<DefaultDriver>();
}

}  // namespace nacre::snapshot
