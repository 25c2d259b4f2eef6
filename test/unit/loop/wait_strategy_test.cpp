#include "loop/wait_strategy.hpp"

#include "gtest/gtest.h"

namespace hdb {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

struct Application {
  WaitStrategy wait;
  TimePoint now{std::chrono::hours(1)};

  /// One statement after another, `gap` after the answer of the last one.
  void asks(int times, Duration gap, Duration took) {
    for (int i = 0; i < times; ++i) {
      now += gap;
      wait.sent(now);
      now += took;
      wait.answered(now, took);
    }
  }
};

TEST(WaitStrategy, SleepsUntilItKnowsBetter) {
  Application app{WaitStrategy(8)};
  EXPECT_EQ(app.wait.spin(), Duration::zero());
  EXPECT_EQ(app.wait.nap(), Duration::zero());
}

TEST(WaitStrategy, StaysAwakeForWhatComesInAMoment) {
  Application app{WaitStrategy(2)};
  app.asks(100, microseconds(10), microseconds(40));
  EXPECT_GT(app.wait.spin(), microseconds(10));
  EXPECT_LT(app.wait.spin(), microseconds(100));
  app.wait.sent(app.now);
  EXPECT_GT(app.wait.spin(), microseconds(40));
  EXPECT_LT(app.wait.spin(), microseconds(200));
}

TEST(WaitStrategy, SleepsWhileASlowAnswerIsOnItsWay) {
  Application app{WaitStrategy(2)};
  app.asks(100, microseconds(10), milliseconds(1));
  app.wait.sent(app.now);
  EXPECT_EQ(app.wait.spin(), Duration::zero());
}

TEST(WaitStrategy, OnePauseOfTheApplicationEndsTheSpinning) {
  Application app{WaitStrategy(2)};
  app.asks(100, microseconds(10), microseconds(40));
  app.asks(1, milliseconds(50), microseconds(40));
  EXPECT_EQ(app.wait.spin(), Duration::zero());
  app.asks(30, microseconds(10), microseconds(40));
  EXPECT_GT(app.wait.spin(), Duration::zero());
}

TEST(WaitStrategy, LeavesTheProcessorsToWhoNeedsThem) {
  Application two{WaitStrategy(2)};
  two.asks(100, microseconds(10), microseconds(40));
  two.wait.sent(two.now);
  two.wait.sent(two.now);
  EXPECT_EQ(two.wait.spin(), Duration::zero());
  two.wait.lost(1);
  EXPECT_GT(two.wait.spin(), Duration::zero());

  Application one{WaitStrategy(1)};
  one.asks(100, microseconds(10), microseconds(40));
  EXPECT_EQ(one.wait.spin(), Duration::zero());
}

TEST(WaitStrategy, NeverBothNapsAndSpins) {
  Application app{WaitStrategy(64)};
  app.asks(200, microseconds(10), microseconds(40));
  for (int in_flight = 1; in_flight <= 64; ++in_flight) {
    app.wait.sent(app.now);
    EXPECT_NE(app.wait.nap() == Duration::zero(), app.wait.spin() == Duration::zero()) << in_flight;
  }
}

TEST(WaitStrategy, NapsAnEighthOfAnAnswerWhileManyAreInFlight) {
  Application app{WaitStrategy(2)};
  app.asks(200, microseconds(10), microseconds(800));
  for (int i = 0; i < 15; ++i) app.wait.sent(app.now);
  EXPECT_EQ(app.wait.nap(), Duration::zero());
  app.wait.sent(app.now);
  EXPECT_NEAR(static_cast<double>(app.wait.nap() / microseconds(1)), 100, 1);
  app.asks(200, microseconds(10), milliseconds(100));
  EXPECT_EQ(app.wait.nap(), microseconds(250));
}

}  // namespace
}  // namespace hdb
