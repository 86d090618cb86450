// Real containers for tests: a store with a busybox image, and run_container() in a process of its own.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/subprocess.h"
#include "base/temp.h"
#include "oci/image_config.h"
#include "runtime/run_options.h"
#include "store/store.h"

namespace nacre::runtime::test {

struct Outcome {
  int status = -1;  // as run_container() returned it, or for an Error as `run` would exit
  std::string output;
  std::string error;  // with the message of an Error
};

// A process that runs a container, with pipes for its streams.
class RunningNacre {
 public:
  RunningNacre(pid_t pid, Fd input, Fd output, Fd error);
  RunningNacre(RunningNacre&& other) noexcept;
  ~RunningNacre();

  pid_t pid() const noexcept { return pid_; }
  void write(std::string_view text) const;
  void close_input() { input_.reset(); }
  // Reads output until it contains text; fails the test at the end of it.
  void wait_for(std::string_view text);
  void signal(int number) const;
  // Waits for the process alone; what it started may still hold its streams. finish() gives no status then.
  void wait_for_death();
  Outcome finish();

 private:
  pid_t pid_;
  Fd input_, output_, error_;
  std::string seen_;
};

// Skipped without root, busybox-static or a runtime that works here.
class RunTest : public testing::Test {
 protected:
  void SetUp() override;

  // Options that run `command` with --rm.
  static RunOptions options(std::vector<std::string> command);
  static RunOptions shell(std::string script) { return options({"sh", "-c", std::move(script)}); }

  RunningNacre start(const RunOptions& options) const;
  // With other descriptors as its standard streams.
  pid_t start_on(const RunOptions& options, int input, int output, int error) const;
  Outcome run(const RunOptions& options, std::string_view input = {}) const;

  // An image on top of busybox: what `change` makes of its configuration.
  void make_image(const std::function<void(oci::ImageConfig::Fields&)>& change);

  store::Store open_store() const { return store::Store::open(root()); }
  fs::path root() const { return directory_.path() / "store"; }
  fs::path scratch(const std::string& name) const { return directory_.path() / name; }
  std::vector<std::string> container_directories() const;
  std::vector<store::ContainerRecord> containers() const { return open_store().containers(); }

 private:
  TempDir directory_{"/var/tmp", "nacre-runtime-test-"};
  std::optional<oci::Digest> image_;
};

}  // namespace nacre::runtime::test
