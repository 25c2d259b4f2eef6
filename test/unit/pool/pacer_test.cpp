#include "pool/pacer.hpp"

#include "gtest/gtest.h"

namespace hdb {
namespace {

const TimePoint kStart = TimePoint{} + std::chrono::hours(1);

TEST(Pacer, DialsAFewAtATime) {
  Pacer pacer;
  for (int i = 0; i < kMaxConnecting; ++i) {
    EXPECT_TRUE(pacer.may_dial(kStart));
    pacer.started();
  }
  EXPECT_FALSE(pacer.may_dial(kStart));
  EXPECT_EQ(pacer.next_try(), kNever);
  pacer.succeeded();
  EXPECT_TRUE(pacer.may_dial(kStart));
}

TEST(Pacer, WaitsLongerAfterEachFailureUpToALimit) {
  Pacer pacer;
  Random random(5);
  TimePoint now = kStart;
  milliseconds longest(kBackoffFirst);
  for (int i = 0; i < 40; ++i) {
    pacer.started();
    pacer.failed(now, random);
    const auto wait = pacer.next_try() - now;
    EXPECT_GE(wait, longest / 2) << i;
    EXPECT_LE(wait, longest) << i;
    EXPECT_FALSE(pacer.may_dial(now));
    EXPECT_TRUE(pacer.may_dial(pacer.next_try()));
    longest = std::min(longest * 2, milliseconds(kBackoffLast));
    now = pacer.next_try();
  }
}

TEST(Pacer, OneSuccessForgetsTheFailures) {
  Pacer pacer;
  Random random(5);
  for (int i = 0; i < 5; ++i) {
    pacer.started();
    pacer.failed(kStart, random);
  }
  pacer.started();
  pacer.succeeded();
  EXPECT_TRUE(pacer.may_dial(kStart));
  pacer.started();
  pacer.failed(kStart, random);
  EXPECT_LE(pacer.next_try() - kStart, kBackoffFirst);
}

TEST(Pacer, HoldsUntilALaterTimeOnly) {
  Pacer pacer;
  pacer.hold_until(kStart + milliseconds(100));
  pacer.hold_until(kStart + milliseconds(50));
  EXPECT_FALSE(pacer.may_dial(kStart + milliseconds(99)));
  EXPECT_TRUE(pacer.may_dial(kStart + milliseconds(100)));
}

}  // namespace
}  // namespace hdb
