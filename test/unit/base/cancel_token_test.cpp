#include "base/cancel_token.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace hdb {
namespace {

TEST(CancelToken, AnEmptyOneIsNeverCancelled) {
  const CancelToken token;
  EXPECT_FALSE(static_cast<bool>(token));
  token.cancel();
  token.subscribe([] { FAIL(); });
  EXPECT_FALSE(token.is_cancelled());
}

TEST(CancelToken, WakesItsSubscriberOnce) {
  const CancelToken token = CancelToken::make();
  int woken = 0;
  token.subscribe([&] { ++woken; });
  EXPECT_FALSE(token.is_cancelled());
  token.cancel();
  token.cancel();
  EXPECT_TRUE(token.is_cancelled());
  EXPECT_EQ(woken, 1);
}

TEST(CancelToken, WakesAtOnceWhoSubscribesTooLate) {
  const CancelToken token = CancelToken::make();
  token.cancel();
  int woken = 0;
  token.subscribe([&] { ++woken; });
  EXPECT_EQ(woken, 1);
}

TEST(CancelToken, TheLastSubscriberCounts) {
  const CancelToken token = CancelToken::make();
  int first = 0;
  int second = 0;
  token.subscribe([&] { ++first; });
  token.subscribe([&] { ++second; });
  token.cancel();
  EXPECT_EQ(first, 0);
  EXPECT_EQ(second, 1);
}

TEST(CancelToken, AnEmptyFunctionUnsubscribes) {
  const CancelToken token = CancelToken::make();
  token.subscribe([] { FAIL(); });
  token.subscribe(nullptr);
  token.cancel();
  EXPECT_TRUE(token.is_cancelled());
}

TEST(CancelToken, CopiesAreOneToken) {
  const CancelToken token = CancelToken::make();
  const CancelToken copy = token;
  copy.cancel();
  EXPECT_TRUE(token.is_cancelled());
}

TEST(CancelToken, ASubscriberIsWokenOnceHoweverTheThreadsMeet) {
  for (int round = 0; round < 500; ++round) {
    const CancelToken token = CancelToken::make();
    std::atomic<int> woken{0};
    std::thread canceller([&] { token.cancel(); });
    token.subscribe([&] { ++woken; });
    canceller.join();
    ASSERT_EQ(woken.load(), 1);
  }
}

}  // namespace
}  // namespace hdb
