#include "run_support.h"

#include <array>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "image/lookup.h"
#include "oci/media_type.h"
#include "runtime/oci_runtime.h"
#include "runtime/run.h"
#include "snapshot/snapshotter.h"
#include "test/unit/snapshot/test_layers.h"

namespace nacre::runtime::test {

namespace {

std::pair<Fd, Fd> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw sys_error("create pipe");
  }
  return {Fd(ends[0]), Fd(ends[1])};
}

constexpr const char* busybox = "/bin/busybox";

std::string busybox_layer() {
  nacre::test::LayerTar tar;
  tar.directory("bin").directory("etc").directory("tmp", 01777).directory("home").directory("data");
  tar.file("bin/busybox", read_file(busybox, 64 << 20), 0755);
  for (const char* applet :
       {"sh",  "cat",      "echo", "env",   "false", "grep", "head",  "hostname", "id",  "ls", "mkdir", "mount", "ps",
        "pwd", "readlink", "rm",   "sleep", "stat",  "stty", "touch", "true",     "tty", "wc", "dd",    "ip"}) {
    tar.symlink(std::string("bin/") + applet, "busybox");
  }
  tar.file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n");
  tar.file("etc/group", "root:x:0:\nalice:x:1000:\nwheel:x:10:root,alice\n");
  tar.file("data/seed", "from the image\n").file("not-executable", "text");
  return tar.finish();
}

void say(std::string text) {
  text += '\n';
  [[maybe_unused]] const ssize_t n = ::write(STDERR_FILENO, text.data(), text.size());
}

[[noreturn]] void run_here(const fs::path& root, const oci::Digest& image, const RunOptions& options) {
  int status = 125;
  try {
    store::Store store = store::Store::open(root);
    const auto record = store.find_image(image);
    const auto snapshotter = snapshot::make_default_snapshotter();
    status = run_container(store, *snapshotter, {record.value(), std::nullopt}, image::read_config(store, image),
                           options, CancelToken{});
  } catch (const Error& error) {
    say(error.message());
    status = run_exit_status(error);
  } catch (const std::exception& error) {
    say(error.what());
  }
  ::_exit(status);
}

}  // namespace

RunningNacre::RunningNacre(pid_t pid, Fd input, Fd output, Fd error)
    : pid_(pid), input_(std::move(input)), output_(std::move(output)), error_(std::move(error)) {}

RunningNacre::RunningNacre(RunningNacre&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      input_(std::move(other.input_)),
      output_(std::move(other.output_)),
      error_(std::move(other.error_)),
      seen_(std::move(other.seen_)) {}

RunningNacre::~RunningNacre() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

void RunningNacre::write(std::string_view text) const {
  write_all(input_, as_bytes(text));
}

void RunningNacre::signal(int number) const {
  ::kill(pid_, number);
}

void RunningNacre::wait_for_death() {
  ::waitpid(std::exchange(pid_, -1), nullptr, 0);
}

void RunningNacre::wait_for(std::string_view text) {
  std::array<char, 4096> buffer{};
  while (seen_.find(text) == std::string::npos) {
    const ssize_t n = ::read(output_.get(), buffer.data(), buffer.size());
    ASSERT_GT(n, 0) << "the output ended: " << seen_;
    seen_.append(buffer.data(), static_cast<std::size_t>(n));
  }
}

Outcome RunningNacre::finish() {
  Outcome outcome;
  outcome.output = std::move(seen_);
  const auto drain = [](Fd& from, std::string& into) {
    std::array<char, 64 * 1024> buffer{};
    const ssize_t n = ::read(from.get(), buffer.data(), buffer.size());
    if (n > 0) {
      into.append(buffer.data(), static_cast<std::size_t>(n));
    } else {
      from.reset();
    }
  };
  while (output_ || error_) {
    std::array<pollfd, 2> waiting = {{{output_.get(), POLLIN, 0}, {error_.get(), POLLIN, 0}}};
    ::poll(waiting.data(), waiting.size(), -1);
    if (waiting[0].revents != 0) {
      drain(output_, outcome.output);
    }
    if (waiting[1].revents != 0) {
      drain(error_, outcome.error);
    }
  }
  int status = 0;
  if (pid_ < 0) {
    return outcome;
  }
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  return outcome;
}

void RunTest::SetUp() {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "running containers needs root";
  }
  if (!path_exists(busybox)) {
    GTEST_SKIP() << "busybox-static is not installed";
  }
  if (const HostRuntime host = choose_runtime(HostCgroups()); host.name.empty()) {
    GTEST_SKIP() << host.reason;
  }
  make_image([](oci::ImageConfig::Fields&) {});
}

void RunTest::make_image(const std::function<void(oci::ImageConfig::Fields&)>& change) {
  store::Store store = open_store();
  store::Lease lease = store.lease();
  oci::ImageConfig::Fields fields;
  fields.platform = oci::Platform::host();
  fields.diff_ids = nacre::test::put_layers(lease, {busybox_layer()});
  change(fields);
  const oci::ImageConfig config = oci::ImageConfig::make(fields);
  std::vector<oci::Descriptor> layers;
  std::uint64_t size = 0;
  for (const oci::DiffId& layer : config.diff_ids()) {
    oci::Descriptor descriptor{std::string(oci::media_type::oci_layer), layer.digest, 0, {}, {}, {}, {}};
    descriptor.size = store.find_layer(layer).value().tar_size;
    size += descriptor.size;
    layers.push_back(std::move(descriptor));
  }
  const oci::Manifest manifest = oci::Manifest::make(
      {std::string(oci::media_type::oci_config), config.digest(), config.raw().size(), {}, {}, {}, {}}, layers);
  lease.put_blob(as_bytes(config.raw()));
  lease.put_blob(as_bytes(manifest.raw()));
  store::ImageRecord record{config.digest(),       manifest.digest(),
                            manifest.media_type(), std::nullopt,
                            Timestamp::now(),      size,
                            config.platform(),     "{}",
                            std::nullopt,          config.diff_ids()};
  const std::vector<oci::Reference> names = {oci::Reference::parse("busybox:latest")};
  lease.put_image(record, manifest, names);
  image_ = config.digest();
}

RunOptions RunTest::options(std::vector<std::string> command) {
  RunOptions options;
  options.image_name = "busybox";
  options.command = std::move(command);
  options.after_exit = AfterExit::remove;
  return options;
}

pid_t RunTest::start_on(const RunOptions& options, int input, int output, int error) const {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(input, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(error, STDERR_FILENO);
    ::close_range(3, ~0U, 0);
    run_here(root(), image_.value(), options);
  }
  return pid;
}

RunningNacre RunTest::start(const RunOptions& options) const {
  auto [input_read, input_write] = make_pipe();
  auto [output_read, output_write] = make_pipe();
  auto [error_read, error_write] = make_pipe();
  const pid_t pid = start_on(options, input_read.get(), output_write.get(), error_write.get());
  return {pid, std::move(input_write), std::move(output_read), std::move(error_read)};
}

Outcome RunTest::run(const RunOptions& options, std::string_view input) const {
  RunningNacre nacre = start(options);
  if (!input.empty()) {
    nacre.write(input);
  }
  nacre.close_input();
  return nacre.finish();
}

std::vector<std::string> RunTest::container_directories() const {
  const fs::path directory = store::Layout(root()).containers();
  return path_exists(directory) ? list_directory(directory) : std::vector<std::string>{};
}

}  // namespace nacre::runtime::test
