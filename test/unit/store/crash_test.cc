// Processes that die, and processes that meet: whatever happens, a store stays sound.
#include <csignal>
#include <random>
#include <thread>

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/check.h"
#include "store_test_support.h"

namespace nacre::store::test {
namespace {

std::string problems(const CheckReport& report) {
  std::string text;
  for (const Finding& finding : report.findings) {
    text += fmt::format("{}: {}\n", finding.object, finding.problem);
  }
  return text;
}

// Three images that share layers, so that removals and loads meet.
std::vector<TestImage> shared_images() {
  return {make_image("a", {"base"}), make_image("b", {"base", "b"}), make_image("c", {"base", "b", "c"})};
}

// What a busy user does, endlessly or for a while.
class Worker {
 public:
  Worker(const fs::path& root, std::uint32_t seed) : store_(Store::open(root)), random_(seed) {}

  void step() {
    const TestImage& image = images_[random_() % images_.size()];
    switch (random_() % 4) {
      case 0:
      case 1:
        load(store_, image, {.names = {"app:latest"}});
        break;
      case 2:
        remove(image);
        break;
      case 3:
        read(image);
        break;
    }
  }

 private:
  void remove(const TestImage& image) {
    try {
      store_.remove_image(image.id(), PruneUntagged::yes);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::not_found) << error.message();
    }
    store_.collect();
    store_.empty_trash();
  }

  // What is held is whole, and stays so.
  void read(const TestImage& image) {
    Lease lease = store_.lease();
    if (!lease.hold_image(image.id())) {
      return;
    }
    EXPECT_EQ(store_.read_blob(image.id()), image.config);
    EXPECT_EQ(store_.read_blob(oci::Digest::of(image.manifest)), image.manifest);
    for (std::size_t i = 0; i < image.tars.size(); ++i) {
      EXPECT_EQ(read_file(store_.layout().layer_tar(image.diff_ids()[i]), 1 << 20), image.tars[i]);
      EXPECT_EQ(store_.read_blob(oci::Digest::of(image.blobs[i])), image.blobs[i]);
    }
  }

  Store store_;
  std::vector<TestImage> images_ = shared_images();
  std::mt19937 random_;
};

class CrashTest : public StoreTest {
 protected:
  // A child that does body and is killed in the end.
  void die_after(const std::function<void(Store&, Lease&)>& body) {
    const int status = wait_for_child(start_child([&] {
      Store store = open();
      Lease lease = store.lease();
      body(store, lease);
      ::raise(SIGKILL);
    }));
    ASSERT_TRUE(WIFSIGNALED(status));
  }
};

TEST_F(CrashTest, ARemovalSweepsAfterALeaseWhoseProcessDied) {
  die_after([](Store&, Lease& lease) {
    lease.put_blob(as_bytes("left behind"));
    write_file_atomically(lease.ingest_directory() / "half", std::string(10'000, 'x'));
  });
  ASSERT_EQ(files_below(root()).size(), 3U);
  Store store = open();
  const auto collected = store.collect();
  EXPECT_EQ(collected.blobs, std::vector{oci::Digest::of("left behind")});
  EXPECT_GE(collected.bytes, 10'000U);
  store.empty_trash();
  EXPECT_TRUE(files_below(root()).empty());
  EXPECT_TRUE(list_directory(store.layout().ingest()).empty());
}

TEST_F(CrashTest, WhatTheDeadLeftIsNoDamage) {
  die_after([](Store& store, Lease& lease) {
    lease.put_blob(as_bytes("left behind"));
    write_file_atomically(store.layout().blob(oci::Digest::of("renamed, not recorded")), "renamed, not recorded");
    fs::remove(store.layout().blob(oci::Digest::of("left behind")));
  });
  Store store = open();
  const auto report = check(store, Repair::no, CancelToken{});
  EXPECT_EQ(problems(report), "");
  EXPECT_EQ(report.leftovers, 3U);  // the lease, a file without a row, a row without a file
  EXPECT_TRUE(check(store, Repair::yes, CancelToken{}).clean());
  EXPECT_EQ(check(store, Repair::no, CancelToken{}).leftovers, 0U);
  store.empty_trash();
  EXPECT_TRUE(files_below(root()).empty());
}

TEST_F(CrashTest, AStoreThatCanOnlyBeReadCanBeChecked) {
  const auto blob = oci::Digest::of("a blob");
  {
    Store store = open();
    store.lease().put_blob(as_bytes("a blob"));
    write_file_atomically(store.layout().blob(blob), "a blot");
  }
  fs::permissions(root(), fs::perms(0755));
  fs::permissions(root().parent_path(), fs::perms(0755));
  const auto status = run_as_nobody([&] {
    Store store = open();
    EXPECT_EQ(problems(check(store, Repair::no, CancelToken{})),
              fmt::format("blob {}: does not match its digest\n", blob.str()));
    EXPECT_EQ(error_code([&] { check(store, Repair::yes, CancelToken{}); }), Code::permission_denied);
  });
  if (!status) {
    GTEST_SKIP() << "needs root to become somebody else";
  }
  EXPECT_EQ(*status, 0);
}

TEST_F(CrashTest, ProcessesThatLoadAndRemoveTheSameImagesDoNotHurtEachOther) {
  {
    open();
  }
  constexpr int rounds = 150;
  std::vector<pid_t> children;
  for (std::uint32_t seed = 1; seed <= 4; ++seed) {
    children.push_back(start_child([&] {
      Worker worker(root(), seed);
      for (int round = 0; round < rounds; ++round) {
        worker.step();
      }
    }));
  }
  for (const pid_t child : children) {
    EXPECT_EQ(wait_for_child(child), 0);
  }
  Store store = open();
  EXPECT_EQ(problems(check(store, Repair::no, CancelToken{})), "");
}

TEST_F(CrashTest, AProcessKilledAnywhereLeavesASoundStore) {
  {
    open();
  }
  std::mt19937 random(20240229);
  constexpr int rounds = 100;
  for (std::uint32_t round = 0; round < rounds; ++round) {
    const pid_t child = start_child([&] {
      Worker worker(root(), round);
      while (true) {
        worker.step();
      }
    });
    ::usleep(static_cast<useconds_t>(random() % 20'000));
    ::kill(child, SIGKILL);
    ASSERT_TRUE(WIFSIGNALED(wait_for_child(child))) << "round " << round;

    Store store = open();
    ASSERT_EQ(problems(check(store, Repair::no, CancelToken{})), "") << "round " << round;
    if (round % 2 == 0) {
      continue;  // so that the next one works among what this one left
    }
    store.collect();
    const auto report = check(store, Repair::no, CancelToken{});
    ASSERT_EQ(problems(report), "") << "round " << round;
    ASSERT_EQ(report.leftovers, 0U) << "round " << round;
  }
  Store store = open();
  for (const ImageRecord& image : store.images()) {
    store.remove_image(image.id, PruneUntagged::no);
  }
  store.collect();
  store.empty_trash();
  EXPECT_TRUE(files_below(root()).empty());
}

TEST_F(CrashTest, ThreadsShareAStore) {
  Store store = open();
  const auto images = shared_images();
  std::vector<std::thread> threads;
  for (const TestImage& image : images) {
    threads.emplace_back([&] {
      for (int round = 0; round < 20; ++round) {
        load(store, image);
        store.remove_image(image.id(), PruneUntagged::no);
        store.collect();
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(problems(check(store, Repair::no, CancelToken{})), "");
  EXPECT_TRUE(store.images().empty());
}

}  // namespace
}  // namespace nacre::store::test
