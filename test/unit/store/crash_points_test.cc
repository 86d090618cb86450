// Kills a process before each single system call with which it changes the disk, and looks at what is left.
#include <csignal>
#include <set>

#include <fmt/format.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/check.h"
#include "store_test_support.h"

namespace nacre::store::test {
namespace {

const std::set<std::uint64_t> changing_calls = {
#ifdef SYS_rename
    SYS_rename,    SYS_unlink,   SYS_mkdir,     SYS_rmdir,
#endif
    SYS_renameat2, SYS_renameat, SYS_unlinkat,  SYS_mkdirat,   SYS_pwrite64,
    SYS_write,     SYS_fsync,    SYS_fdatasync, SYS_ftruncate, SYS_flock};

enum class Outcome { killed, ended, failed, not_allowed };

// Whether the child, stopped by the tracer, is about to make a call that changes something.
bool is_before_change(pid_t child) {
  __ptrace_syscall_info info{};
  return ::ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info) > 0 && info.op == PTRACE_SYSCALL_INFO_ENTRY &&
         changing_calls.contains(info.entry.nr);
}

// Runs a child that prepares in peace and then works, and kills it before its n-th change.
Outcome kill_before_change(int n, const std::function<void()>& prepare_and_work) {
  const pid_t child = start_child(prepare_and_work);
  int status = 0;
  ::waitpid(child, &status, WUNTRACED);
  if (!WIFSTOPPED(status)) {
    return WIFEXITED(status) && WEXITSTATUS(status) == 42 ? Outcome::not_allowed : Outcome::failed;
  }
  ::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
  for (int changes = 0; changes < n;) {
    ::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
    ::waitpid(child, &status, 0);
    if (WIFEXITED(status)) {
      return WEXITSTATUS(status) == 0 ? Outcome::ended : Outcome::failed;
    }
    changes += WIFSTOPPED(status) && WSTOPSIG(status) == (SIGTRAP | 0x80) && is_before_change(child) ? 1 : 0;
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, &status, 0);
  return Outcome::killed;
}

// From here on the child is traced.
void begin_work() {
  if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) {
    ::_exit(42);
  }
  ::raise(SIGSTOP);
}

std::string problems(const CheckReport& report) {
  std::string text;
  for (const Finding& finding : report.findings) {
    text += fmt::format("{}: {}\n", finding.object, finding.problem);
  }
  return text;
}

class CrashPointsTest : public StoreTest {
 protected:
  TestImage image_ = make_image("a", {"one", "two"});

  // A whole life: what is missing enters, the image gets a name, is removed, and its content leaves.
  void live() {
    Store store = open();
    {
      Lease lease = store.lease();
      std::vector<IngestedLayer> ingested;
      for (const std::string& blob : image_.blobs) {
        const auto source = archive::memory_source(blob);
        ingested.push_back(ingest_layer(lease.ingest_directory(), *source, {}, CancelToken{}));
      }
      begin_work();
      for (IngestedLayer& layer : ingested) {
        if (!lease.hold_layer(layer.record.diff_id) || !lease.hold_blob(layer.blob_digest)) {
          commit_layer(lease, std::move(layer));
        }
      }
      lease.put_blob(as_bytes(image_.config));
      lease.put_blob(as_bytes(image_.manifest));
      put(lease);
    }
    store.remove_image(image_.id(), PruneUntagged::no);
    store.collect();
    store.empty_trash();
  }

  void put(Lease& lease) {
    const ImageRecord record{.id = image_.id(),
                             .manifest = image_.parsed_manifest().digest(),
                             .manifest_media_type = {},
                             .created = {},
                             .loaded = Timestamp::now(),
                             .size = 0,
                             .platform = oci::Platform::host(),
                             .labels_json = "{}",
                             .parent = {},
                             .layers = image_.diff_ids()};
    lease.put_image(record, image_.parsed_manifest(), std::vector{oci::Reference::parse("app:1")});
  }
};

TEST_F(CrashPointsTest, AnyChangeCanBeTheLast) {
  {
    open();
  }
  Outcome outcome = Outcome::killed;
  int n = 1;
  for (; outcome == Outcome::killed; ++n) {
    outcome = kill_before_change(n, [&] { live(); });
    if (outcome == Outcome::not_allowed) {
      GTEST_SKIP() << "this host does not let processes be traced";
    }
    ASSERT_NE(outcome, Outcome::failed) << "change " << n;
    Store store = open();
    ASSERT_EQ(problems(check(store, Repair::no, CancelToken{})), "") << "killed before change " << n;
    if (n % 2 == 0) {
      continue;  // so that the next one works among what this one left
    }
    store.collect();
    const auto report = check(store, Repair::no, CancelToken{});
    ASSERT_EQ(problems(report), "") << "killed before change " << n;
    ASSERT_EQ(report.leftovers, 0U) << "killed before change " << n;
  }
  EXPECT_GT(n, 30) << "the child did not do what it should";
  Store store = open();
  EXPECT_TRUE(store.images().empty());
  store.collect();
  store.empty_trash();
  EXPECT_TRUE(files_below(root()).empty());
}

}  // namespace
}  // namespace nacre::store::test
