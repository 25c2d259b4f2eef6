#include "loop/timers.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "base/random.hpp"
#include "gtest/gtest.h"

namespace hdb {
namespace {

TimePoint at(int ms) { return TimePoint{} + std::chrono::hours(1) + milliseconds(ms); }

TEST(Timers, FireInTheOrderOfTheirDeadlines) {
  TimerQueue queue;
  std::vector<int> fired;
  Random random(3);
  std::vector<std::unique_ptr<Timer>> timers;
  for (int i = 0; i < 500; ++i) {
    const int due = static_cast<int>(random.below(1000));
    timers.push_back(std::make_unique<Timer>(queue, [&fired, due] { fired.push_back(due); }));
    timers.back()->arm(at(due));
  }
  for (std::size_t i = 0; i < timers.size(); i += 3) timers[i]->disarm();
  for (std::size_t i = 0; i < timers.size(); i += 5) timers[i].reset();
  queue.fire(at(1000));
  EXPECT_TRUE(std::is_sorted(fired.begin(), fired.end()));
  EXPECT_EQ(fired.size(), 500u - 167u - 66u);  // every third, and of the rest every fifth
  EXPECT_EQ(queue.next(), kNever);
}

TEST(Timers, OnlyWhatIsDueFires) {
  TimerQueue queue;
  int fired = 0;
  Timer early(queue, [&] { ++fired; });
  Timer late(queue, [&] { ++fired; });
  early.arm(at(10));
  late.arm(at(20));
  queue.fire(at(10));
  EXPECT_EQ(fired, 1);
  EXPECT_FALSE(early.is_armed());
  EXPECT_TRUE(late.is_armed());
  EXPECT_EQ(queue.next(), at(20));
}

TEST(Timers, ArmingAgainReplacesTheDeadline) {
  TimerQueue queue;
  int fired = 0;
  Timer timer(queue, [&] { ++fired; });
  timer.arm(at(10));
  timer.arm(at(30));
  queue.fire(at(20));
  EXPECT_EQ(fired, 0);
  queue.fire(at(30));
  EXPECT_EQ(fired, 1);
}

TEST(Timers, ArmingForNeverDisarms) {
  TimerQueue queue;
  Timer timer(queue, [] { FAIL(); });
  timer.arm(at(10));
  timer.arm(kNever);
  EXPECT_FALSE(timer.is_armed());
  EXPECT_EQ(queue.next(), kNever);
  queue.fire(kNever);
}

TEST(Timers, AHandlerMayArmItselfAgain) {
  TimerQueue queue;
  int fired = 0;
  Timer timer(queue, [&] {
    if (++fired < 3) timer.arm(at(10 * (fired + 1)));
  });
  timer.arm(at(10));
  queue.fire(at(10));
  EXPECT_EQ(fired, 1);
  queue.fire(at(100));
  EXPECT_EQ(fired, 3);
  EXPECT_FALSE(timer.is_armed());
}

TEST(Timers, AHandlerMayArmAndDisarmOthers) {
  TimerQueue queue;
  bool third_fired = false;
  Timer second(queue, [] { FAIL(); });
  Timer third(queue, [&] { third_fired = true; });
  Timer first(queue, [&] {
    second.disarm();
    third.arm(at(15));
  });
  first.arm(at(10));
  second.arm(at(12));
  queue.fire(at(20));
  EXPECT_TRUE(third_fired);
}

TEST(Timers, AHandlerMayDestroyItsTimer) {
  TimerQueue queue;
  bool fired = false;
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(queue, [&] {
    fired = true;
    const auto gone = std::move(timer);
  });
  timer->arm(at(1));
  queue.fire(at(1));
  EXPECT_TRUE(fired);
  EXPECT_EQ(timer, nullptr);
}

TEST(Timers, SayWhenTheNextDeadlineBecameEarlier) {
  TimerQueue queue;
  Timer a(queue, [] {});
  Timer b(queue, [] {});
  EXPECT_FALSE(queue.take_earlier());
  a.arm(at(20));
  EXPECT_TRUE(queue.take_earlier());
  b.arm(at(30));
  EXPECT_FALSE(queue.take_earlier());
  b.arm(at(10));
  EXPECT_TRUE(queue.take_earlier());
  EXPECT_FALSE(queue.take_earlier());
}

TEST(OneShot, RunsOnceAtItsTime) {
  TimerQueue queue;
  int runs = 0;
  const OneShot once(queue, at(10), [&] { ++runs; });
  queue.fire(at(9));
  EXPECT_EQ(runs, 0);
  queue.fire(at(10));
  queue.fire(at(30));
  EXPECT_EQ(runs, 1);
}

TEST(OneShot, IsCancelledByItsDestruction) {
  TimerQueue queue;
  int runs = 0;
  {
    OneShot once(queue, at(10), [&] { ++runs; });
    OneShot moved = std::move(once);
    EXPECT_TRUE(moved);
    EXPECT_FALSE(once);  // NOLINT: it has been moved from
  }
  queue.fire(at(20));
  EXPECT_EQ(runs, 0);
  EXPECT_EQ(queue.next(), kNever);
}

TEST(OneShot, MayBeDestroyedByItsOwnTask) {
  TimerQueue queue;
  OneShot once;
  int runs = 0;
  once = OneShot(queue, at(10), [&once, &runs, kept = std::make_unique<int>(5)] {
    once = {};
    runs += *kept;  // what the task holds outlives it
  });
  queue.fire(at(10));
  EXPECT_EQ(runs, 5);
  EXPECT_FALSE(once);
}

}  // namespace
}  // namespace hdb
