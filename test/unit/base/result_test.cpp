// result.hpp, completion.hpp: a value or an error, and the promise that gets it once.
#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "test/unit/support/box.hpp"

namespace hdb {
namespace {

Expected<int> half(int n) {
  if (n % 2 != 0) return Fail(Error::make(ErrorKind::kParameter, "It is odd."));
  return n / 2;
}

Expected<std::string> quarter(int n) {
  HDB_TRY(half(n));
  HDB_TRY(half(n / 2));
  return std::to_string(n / 4);
}

TEST(Result, HoldsAValueOrAnError) {
  EXPECT_TRUE(half(4).ok());
  EXPECT_EQ(half(4).value(), 2);
  EXPECT_FALSE(half(3).ok());
  EXPECT_EQ(half(3).error().message, "It is odd.");
}

TEST(Result, TryReturnsTheFirstErrorAndGoesOnOtherwise) {
  EXPECT_EQ(quarter(8).value(), "2");
  EXPECT_EQ(quarter(6).error().kind, ErrorKind::kParameter);
  EXPECT_EQ(quarter(7).error().kind, ErrorKind::kParameter);
}

TEST(Result, AValueMovesOut) {
  Expected<std::unique_ptr<int>> result(std::make_unique<int>(7));
  const std::unique_ptr<int> owned = std::move(result).value();
  EXPECT_EQ(*owned, 7);
}

TEST(Completion, SettlesOnceWithTheValue) {
  test::Box<int> box;
  {
    Completion<int> done = box.completion();
    EXPECT_TRUE(static_cast<bool>(done));
    done.resolve(5);
    EXPECT_FALSE(static_cast<bool>(done));
  }
  ASSERT_EQ(box.times(), 1u);
  EXPECT_EQ(box.value(), 5);
}

TEST(Completion, ADroppedOneSettlesAsBroken) {
  test::Box<int> box;
  { const Completion<int> done = box.completion(); }
  ASSERT_TRUE(box.is_error());
  EXPECT_EQ(box.error().kind, ErrorKind::kInternal);
  EXPECT_EQ(box.error().outcome, Outcome::kUnknown);
}

TEST(Completion, MovingHandsOnTheDutyToSettle) {
  test::Box<int> box;
  {
    Completion<int> first = box.completion();
    Completion<int> second = std::move(first);
    EXPECT_FALSE(static_cast<bool>(first));  // NOLINT: what is left is the point
    EXPECT_EQ(box.times(), 0u);
    second.reject(Error::make(ErrorKind::kTimeout, "Late."));
  }
  ASSERT_TRUE(box.is_error());
  EXPECT_EQ(box.error().kind, ErrorKind::kTimeout);
}

TEST(Completion, AssigningOverOneSettlesItAsBroken) {
  test::Box<int> lost;
  test::Box<int> kept;
  Completion<int> done = lost.completion();
  done = kept.completion();
  EXPECT_EQ(lost.error().kind, ErrorKind::kInternal);
  EXPECT_EQ(kept.times(), 0u);
  done.resolve(1);
  EXPECT_TRUE(kept.is_ok());
}

TEST(CompletionDeathTest, SettlingTwiceStopsTheProcess) {
  test::Box<int> box;
  Completion<int> done = box.completion();
  done.resolve(1);
  EXPECT_DEATH(done.resolve(2), "broken invariant");
}

TEST(Completion, AnEmptyOneIsDroppedInSilence) {
  const Completion<int> nothing;
  EXPECT_FALSE(static_cast<bool>(nothing));
}

}  // namespace
}  // namespace hdb
