// bytes.hpp, callback.hpp, task.hpp, random.hpp, snapshot.hpp, clock.hpp, value.hpp: the small ones.
#include <array>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "base/bytes.hpp"
#include "base/callback.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/task.hpp"
#include "base/value.hpp"
#include "gtest/gtest.h"

namespace hdb {
namespace {

TEST(Bytes, KeepTheirOwnerAlive) {
  Bytes bytes;
  std::weak_ptr<std::string> owner;
  {
    auto text = std::make_shared<std::string>("abc");
    owner = text;
    bytes = Bytes(text, text->data(), text->size());
  }
  EXPECT_FALSE(owner.expired());
  EXPECT_EQ(bytes.view(), "abc");
  bytes = Bytes();
  EXPECT_TRUE(owner.expired());
}

TEST(Bytes, CompareByContent) {
  EXPECT_EQ(Bytes::copy("a"), Bytes::copy("a"));
  EXPECT_FALSE(Bytes::copy("a") == Bytes::copy("b"));
  EXPECT_EQ(Bytes::copy(std::string("\0x", 2)).size(), 2u);
}

TEST(Callback, AnEmptyOneDoesNothing) {
  const Callback<int> none;
  EXPECT_FALSE(static_cast<bool>(none));
  none(1);
}

TEST(Callback, CopiesCallTheSameListener) {
  int sum = 0;
  const Callback<int> callback([&](int n) { sum += n; });
  const Callback<int> copy = callback;
  callback(1);
  copy(2);
  EXPECT_EQ(sum, 3);
}

TEST(Task, CarriesWhatCanOnlyMove) {
  int seen = 0;
  Task task([owned = std::make_unique<int>(9), &seen] { seen = *owned; });
  Task moved = std::move(task);
  EXPECT_FALSE(static_cast<bool>(task));  // NOLINT: what is left is the point
  moved();
  EXPECT_EQ(seen, 9);
}

TEST(Random, TheSameSeedGivesTheSameNumbers) {
  Random a(7);
  Random b(7);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(a.next(), b.next());
}

TEST(Random, StaysInItsBounds) {
  Random random(1);
  std::array<int, 10> seen{};
  for (int i = 0; i < 10000; ++i) {
    const double unit = random.unit();
    ASSERT_GE(unit, 0.0);
    ASSERT_LT(unit, 1.0);
    ++seen[static_cast<std::size_t>(random.below(10))];
  }
  for (const int count : seen) EXPECT_GT(count, 800);
  EXPECT_EQ(random.below(0), 0u);
}

TEST(Clock, AYearFromNowIsNever) {
  const TimePoint now = SteadyClock::now();
  EXPECT_EQ(after(now, std::chrono::hours(24 * 365)), kNever);
  EXPECT_EQ(after(now, milliseconds(5)), now + milliseconds(5));
  EXPECT_EQ(ms_between(now, now + milliseconds(1500)), 1500);
}

TEST(Value, KnowsWhatItHolds) {
  EXPECT_TRUE(Value().is_null());
  EXPECT_TRUE(Value(true).get<bool>() != nullptr);
  EXPECT_EQ(*Value(std::string("a")).get<std::string>(), "a");
  EXPECT_EQ(Value(BigInt{"1"}).get<double>(), nullptr);
}

}  // namespace
}  // namespace hdb
