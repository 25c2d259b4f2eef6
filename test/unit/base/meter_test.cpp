#include "base/meter.hpp"

#include "gtest/gtest.h"

#include <algorithm>
#include <chrono>

namespace hdb {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST(Meter, PutsADurationIntoTheFirstBucketWhoseBoundItDoesNotExceed) {
  Meter meter;
  meter.record(microseconds(250));
  meter.record(microseconds(250) + nanoseconds(1));
  meter.record(seconds(10));
  EXPECT_EQ(meter.bucket(0), 1u);
  EXPECT_EQ(meter.bucket(1), 1u);
  EXPECT_EQ(meter.bucket(Meter::kBounds.size() - 1), 1u);
  EXPECT_EQ(meter.bucket(Meter::kBounds.size()), 0u);
}

TEST(Meter, KeepsWhatIsBeyondAllBounds) {
  Meter meter;
  meter.record(seconds(11));
  EXPECT_EQ(meter.bucket(Meter::kBounds.size()), 1u);
}

TEST(Meter, AddsUpAndTakesATimeThatRanBackwardsForNone) {
  Meter meter;
  meter.record(milliseconds(2));
  meter.record(microseconds(500));
  meter.record(milliseconds(-5));
  EXPECT_DOUBLE_EQ(meter.sum_ms(), 2.5);
  EXPECT_EQ(meter.bucket(0), 1u);
}

TEST(Meter, HasTheBoundsThatOpenTelemetryAdvisesForDatabases) {
  for (const std::int64_t advised : {1000, 5000, 10000, 50000, 100000, 500000, 1000000, 5000000, 10000000}) {
    EXPECT_NE(std::find(Meter::kBounds.begin(), Meter::kBounds.end(), advised), Meter::kBounds.end())
        << advised;
  }
}

TEST(Counter, OnlyGrows) {
  Counter counter;
  counter.add();
  counter.add(41);
  EXPECT_EQ(counter.read(), 42u);
}

}  // namespace
}  // namespace hdb
