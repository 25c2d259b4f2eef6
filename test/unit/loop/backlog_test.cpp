#include "loop/backlog.hpp"

#include "gtest/gtest.h"
#include "support/fake_loop.hpp"

namespace hdb {
namespace {

std::shared_ptr<int> some() { return std::make_shared<int>(1); }

TEST(Backlog, IsFullForAsLongAsSomebodyHoldsWhatWasCharged) {
  test::FakeLoop loop;
  const auto backlog = std::make_shared<Backlog>(loop);
  std::shared_ptr<int> first = backlog->charge(some(), Backlog::kMost - 1);
  EXPECT_FALSE(backlog->is_full([] {}));
  std::shared_ptr<int> second = backlog->charge(some(), 1);
  const std::shared_ptr<int> copy = first;
  EXPECT_TRUE(backlog->is_full([] {}));
  first.reset();
  EXPECT_TRUE(backlog->is_full([] {}));
  second.reset();
  EXPECT_FALSE(backlog->is_full([] {}));
  EXPECT_EQ(*copy, 1);
}

TEST(Backlog, SaysOnceThatHalfOfItIsFree) {
  test::FakeLoop loop;
  const auto backlog = std::make_shared<Backlog>(loop);
  std::shared_ptr<int> first = backlog->charge(some(), Backlog::kMost / 2);
  std::shared_ptr<int> second = backlog->charge(some(), Backlog::kMost / 2 + 1);
  std::shared_ptr<int> third = backlog->charge(some(), 1);
  int told = 0;
  ASSERT_TRUE(backlog->is_full([&told] { ++told; }));
  third.reset();
  loop.settle();
  EXPECT_EQ(told, 0);
  second.reset();
  loop.settle();
  EXPECT_EQ(told, 1);
  first.reset();
  loop.settle();
  EXPECT_EQ(told, 1);
}

TEST(Backlog, OutlivesTheLoop) {
  std::shared_ptr<int> held;
  bool told = false;
  {
    test::FakeLoop loop;
    const auto backlog = std::make_shared<Backlog>(loop);
    held = backlog->charge(some(), Backlog::kMost);
    ASSERT_TRUE(backlog->is_full([&told] { told = true; }));
    backlog->close();
  }
  held.reset();
  EXPECT_FALSE(told);
}

}  // namespace
}  // namespace hdb
