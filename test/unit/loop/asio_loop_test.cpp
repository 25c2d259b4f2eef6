#include "loop/asio_loop.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace hdb {
namespace {

using std::chrono::seconds;

class AsioLoopTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(loop.start()); }
  void TearDown() override {
    if (!stopped) stop([] {});
  }
  void stop(Task last) {
    stopped = true;
    loop.stop(std::move(last));
  }
  /// Runs `f` on the loop and waits for it.
  template <class F>
  void on_loop(F f) {
    std::promise<void> ran;
    loop.post([&] {
      f();
      ran.set_value();
    });
    ran.get_future().get();
  }

  AsioLoop loop;
  bool stopped = false;
};

/// A promise that a test waits for, but not for ever.
struct Signal {
  std::promise<void> promise;
  std::shared_future<void> future = promise.get_future().share();
  void set() { promise.set_value(); }
  bool wait() const { return future.wait_for(seconds(20)) == std::future_status::ready; }
};

TEST_F(AsioLoopTest, RunsWhatOtherThreadsPostInTheirOrder) {
  std::vector<int> ran;  // touched on the loop only
  for (int i = 0; i < 1000; ++i) loop.post([&ran, i] { ran.push_back(i); });
  on_loop([&] {
    ASSERT_EQ(ran.size(), 1000u);
    for (int i = 0; i < 1000; ++i) ASSERT_EQ(ran[static_cast<std::size_t>(i)], i);
  });
}

TEST_F(AsioLoopTest, LosesNothingThatManyThreadsPost) {
  std::atomic<int> ran{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) loop.post([&] { ++ran; });
    });
  }
  for (std::thread& thread : threads) thread.join();
  on_loop([&] { EXPECT_EQ(ran.load(), 2000); });
}

TEST_F(AsioLoopTest, KnowsItsOwnThread) {
  EXPECT_FALSE(loop.is_own_thread());
  on_loop([&] { EXPECT_TRUE(loop.is_own_thread()); });
}

TEST_F(AsioLoopTest, TakesWhatComesWhileItStaysAwake) {
  int rounds = 0;
  while (rounds < 200) {
    on_loop([&] {
      ++rounds;
      WaitStrategy& wait = loop.wait_strategy();
      wait.sent(loop.now());
      wait.answered(loop.now(), std::chrono::microseconds(50));
    });
  }
  EXPECT_EQ(rounds, 200);
}

TEST_F(AsioLoopTest, DeferredTasksRunAfterTheTurnAndMayDeferMore) {
  std::string order;
  Signal done;
  loop.post([&] {
    loop.defer([&] {
      order += 'b';
      loop.defer([&] {
        order += 'c';
        done.set();
      });
    });
    order += 'a';
  });
  ASSERT_TRUE(done.wait());
  EXPECT_EQ(order, "abc");
}

TEST_F(AsioLoopTest, ATimerFiresAndAnEarlierOneOvertakesIt) {
  std::string order;
  Signal done;
  std::unique_ptr<Timer> late;
  std::unique_ptr<Timer> early;
  on_loop([&] {
    late = std::make_unique<Timer>(loop.timers(), [&] {
      order += 'l';
      done.set();
    });
    early = std::make_unique<Timer>(loop.timers(), [&] { order += 'e'; });
    late->arm(loop.now() + milliseconds(60));
  });
  on_loop([&] { early->arm(loop.now() + milliseconds(5)); });
  ASSERT_TRUE(done.wait());
  EXPECT_EQ(order, "el");
  on_loop([&] {
    late.reset();
    early.reset();
  });
}

TEST_F(AsioLoopTest, TellsWhenASocketCanBeRead) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  Signal readable;
  std::unique_ptr<SocketWatch> watch;
  on_loop([&] {
    watch = loop.watch(ends[0], [&](bool can_read, bool can_write) {
      EXPECT_TRUE(can_read);
      EXPECT_FALSE(can_write);
      char c = 0;
      EXPECT_EQ(::read(ends[0], &c, 1), 1);
      readable.set();
    });
    watch->want_read();
    watch->want_read();  // asked twice, told once
  });
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  ASSERT_TRUE(readable.wait());
  on_loop([&] { watch.reset(); });
  // Destroying the watch leaves the socket open.
  EXPECT_EQ(::write(ends[0], "y", 1), 1);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(AsioLoopTest, TellsWhenASocketCanBeWritten) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  Signal writable;
  std::unique_ptr<SocketWatch> watch;
  on_loop([&] {
    watch = loop.watch(ends[0], [&](bool, bool can_write) {
      EXPECT_TRUE(can_write);
      writable.set();
    });
    watch->want_write();
  });
  ASSERT_TRUE(writable.wait());
  on_loop([&] { watch.reset(); });
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(AsioLoopTest, AWatchMayBeDestroyedByItsOwnHandler) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  Signal gone;
  std::unique_ptr<SocketWatch> watch;
  on_loop([&] {
    watch = loop.watch(ends[0], [&, marker = std::make_shared<int>(1)](bool, bool) {
      watch.reset();
      EXPECT_EQ(*marker, 1);
      gone.set();
    });
    watch->want_read();
    watch->want_write();
  });
  ASSERT_TRUE(gone.wait());
  on_loop([] {});
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(AsioLoopTest, ADestroyedWatchIsSilent) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  on_loop([&] {
    auto watch = loop.watch(ends[0], [](bool, bool) { FAIL(); });
    watch->want_read();
    EXPECT_EQ(::write(ends[1], "x", 1), 1);
    watch.reset();
  });
  on_loop([] {});
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(AsioLoopTest, ResolvesANumericAddressToItself) {
  Resolved seen;
  Signal done;
  loop.post([&] {
    loop.resolve("127.0.0.1", [&](Resolved resolved) {
      EXPECT_TRUE(loop.is_own_thread());
      seen = std::move(resolved);
      done.set();
    });
  });
  ASSERT_TRUE(done.wait());
  EXPECT_EQ(seen.addresses, std::vector<std::string>{"127.0.0.1"});
}

TEST_F(AsioLoopTest, SaysWhyANameDoesNotResolve) {
  Resolved seen;
  Signal done;
  loop.post([&] {
    loop.resolve("no-such-name.invalid", [&](Resolved resolved) {
      seen = std::move(resolved);
      done.set();
    });
  });
  ASSERT_TRUE(done.wait());
  EXPECT_TRUE(seen.addresses.empty());
  EXPECT_FALSE(seen.error.empty());
}

TEST_F(AsioLoopTest, BlockingWorkRunsElsewhereAndItsEndHere) {
  Signal done;
  loop.post([&] {
    loop.offload([&] { EXPECT_FALSE(loop.is_own_thread()); },
                 [&] {
                   EXPECT_TRUE(loop.is_own_thread());
                   done.set();
                 });
  });
  ASSERT_TRUE(done.wait());
}

TEST_F(AsioLoopTest, StoppingRunsTheLastTaskAndWhatItDefers) {
  std::string order;
  stop([&] {
    order += 'a';
    loop.defer([&] { order += 'b'; });
  });
  EXPECT_EQ(order, "ab");
}

TEST_F(AsioLoopTest, WhatIsDroppedAtTheEndMayPostWhenItGoes) {
  const auto posts_when_it_goes = [this](int*) { loop.post([] { FAIL(); }); };
  std::shared_ptr<int> held(nullptr, posts_when_it_goes);
  // Posted by the last task: never run.
  stop([&] { loop.post([kept = std::move(held)] { FAIL(); }); });
}

TEST_F(AsioLoopTest, WorkThatEndsAfterTheLoopIsDropped) {
  auto released = std::make_shared<Signal>();
  auto worked = std::make_shared<Signal>();
  on_loop([&] {
    loop.offload(
        [released, worked] {
          released->wait();
          worked->set();
        },
        [] { FAIL(); });
  });
  stop([] {});
  released->set();
  ASSERT_TRUE(worked->wait());
  loop.post([] { FAIL(); });
}

}  // namespace
}  // namespace hdb
