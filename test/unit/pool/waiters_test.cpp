#include "pool/waiters.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "test/unit/support/fake_loop.hpp"

namespace hdb {
namespace {

using test::FakeLoop;

class Named final : public Claim {
 public:
  Named(std::string name, TimePoint acquire_by, TimePoint call_by, CancelToken cancel, Mode wanted)
      : Claim(wanted, acquire_by, call_by, std::move(cancel), {}), name_(std::move(name)) {}
  void serve(std::unique_ptr<Claim>, PooledSession&) override {}
  void fail(Error) override {}
  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

class WaitersTest : public ::testing::Test {
 protected:
  std::unique_ptr<Claim> claim(const std::string& name, int wait_ms = 1000, CancelToken cancel = {},
                               Mode mode = Mode::kReadWrite, TimePoint deadline = kNever) {
    return std::make_unique<Named>(name, loop.now() + milliseconds(wait_ms), deadline, std::move(cancel),
                                   mode);
  }
  std::string take_all() {
    std::string names;
    for (std::string name = take(); name != "-"; name = take()) names += name;
    return names;
  }
  std::string take() {
    const auto taken = waiters.take_first(ModeSet::all());
    return taken ? static_cast<const Named&>(*taken).name() : "-";
  }

  FakeLoop loop;
  std::string expired;
  Waiters waiters{loop, [this](std::unique_ptr<Claim> gone, bool aborted) {
                    expired += static_cast<const Named&>(*gone).name() + (aborted ? "!" : "");
                  }};
};

TEST_F(WaitersTest, TheFirstThatCameIsServedFirst) {
  for (const char* name : {"a", "b", "c"}) waiters.push(claim(name), false);
  EXPECT_EQ(waiters.size(), 3u);
  EXPECT_EQ(take_all(), "abc");
  EXPECT_TRUE(waiters.is_empty());
}

TEST_F(WaitersTest, WhoWasServedBeforeComesInFront) {
  waiters.push(claim("a"), false);
  waiters.push(claim("z"), true);
  EXPECT_EQ(take_all(), "za");
}

TEST_F(WaitersTest, OnesThatDoNotFitAreSteppedOver) {
  waiters.push(claim("w", 1000, {}, Mode::kReadWrite), false);
  waiters.push(claim("r", 1000, {}, Mode::kReadOnly), false);
  const auto taken = waiters.take_first(Mode::kReadOnly);
  EXPECT_EQ(static_cast<const Named&>(*taken).name(), "r");
  EXPECT_EQ(take(), "w");
}

TEST_F(WaitersTest, EachLeavesAtItsOwnDeadline) {
  waiters.push(claim("slow", 200), false);
  waiters.push(claim("quick", 100), false);
  waiters.push(claim("call", 1000, {}, Mode::kReadWrite, loop.now() + milliseconds(150)), false);
  loop.advance(milliseconds(99));
  EXPECT_EQ(expired, "");
  loop.advance(milliseconds(1));
  EXPECT_EQ(expired, "quick");
  loop.advance(milliseconds(50));
  EXPECT_EQ(expired, "quickcall");
  loop.advance(milliseconds(50));
  EXPECT_EQ(expired, "quickcallslow");
}

TEST_F(WaitersTest, AnAbortedOneLeavesAtOnce) {
  const CancelToken token = CancelToken::make();
  waiters.push(claim("a", 1000, token), false);
  waiters.push(claim("b"), false);
  token.cancel();
  EXPECT_EQ(expired, "");  // on the loop, never inside the caller's call
  loop.settle();
  EXPECT_EQ(expired, "a!");
  EXPECT_EQ(take(), "b");
}

TEST_F(WaitersTest, WhoWasServedIsAbortedNoMore) {
  const CancelToken token = CancelToken::make();
  waiters.push(claim("a", 1000, token), false);
  EXPECT_EQ(take(), "a");
  token.cancel();
  loop.advance(milliseconds(2000));
  EXPECT_EQ(expired, "");
}

TEST_F(WaitersTest, AnAbortThatCrossesTheServiceDoesNothing) {
  const CancelToken token = CancelToken::make();
  waiters.push(claim("a", 1000, token), false);
  token.cancel();
  EXPECT_EQ(take(), "a");
  loop.settle();
  EXPECT_EQ(expired, "");
}

TEST_F(WaitersTest, AHundredThousandAreAbortedWithoutBeingLookedFor) {
  std::vector<CancelToken> tokens;
  for (int i = 0; i < 100'000; ++i) {
    tokens.push_back(CancelToken::make());
    waiters.push(claim("a", 1000, tokens.back()), false);
  }
  for (auto token = tokens.rbegin(); token != tokens.rend(); ++token) token->cancel();
  loop.settle();
  EXPECT_TRUE(waiters.is_empty());
  EXPECT_EQ(expired.size(), 200'000u);
}

TEST_F(WaitersTest, TheFirstOfSeveralModesIsTheOneThatHasWaitedLongest) {
  waiters.push(claim("r", 1000, {}, Mode::kReadOnly), false);
  waiters.push(claim("w", 1000, {}, Mode::kReadWrite), false);
  waiters.push(claim("a", 1000, {}, Mode::kAny), false);
  EXPECT_EQ(waiters.count(Mode::kReadOnly), 1u);
  EXPECT_EQ(waiters.count(Mode::kPreferStandby), 0u);
  EXPECT_EQ(waiters.first(Mode::kPreferStandby), nullptr);
  EXPECT_EQ(static_cast<const Named&>(*waiters.first(ModeSet::of_sessions(false))).name(), "w");
  EXPECT_EQ(take_all(), "rwa");
}

TEST_F(WaitersTest, DeadlinesInAnyOrderAreKept) {
  waiters.push(claim("long", 1500), false);
  waiters.push(claim("short", 100), false);
  waiters.push(claim("longer", 1510), false);
  waiters.push(claim("middle", 105), false);
  waiters.push(claim("front", 1490), true);
  waiters.push(claim("last", 1600), true);
  loop.advance(milliseconds(100));
  EXPECT_EQ(expired, "short");
  loop.advance(milliseconds(5));
  EXPECT_EQ(expired, "shortmiddle");
  loop.advance(milliseconds(1395));
  EXPECT_EQ(expired, "shortmiddlefrontlong");
  loop.advance(milliseconds(100));
  EXPECT_EQ(expired, "shortmiddlefrontlonglongerlast");
  EXPECT_TRUE(waiters.is_empty());
}

TEST_F(WaitersTest, WhoGoesAtADeadlineMayEndTheQueue) {
  auto owned = std::make_unique<std::unique_ptr<Waiters>>();
  int gone = 0;
  *owned = std::make_unique<Waiters>(loop, [&](std::unique_ptr<Claim>, bool) {
    ++gone;
    loop.defer([queue = std::move(*owned)] {});
  });
  (*owned)->push(claim("a", 100), false);
  (*owned)->push(claim("b", 200), false);
  loop.advance(milliseconds(1000));
  EXPECT_EQ(gone, 1);
}

TEST_F(WaitersTest, AnAbortAfterTheQueueIsGoneIsHarmless) {
  const CancelToken token = CancelToken::make();
  {
    Waiters other(loop, [](std::unique_ptr<Claim>, bool) { FAIL(); });
    other.push(claim("a", 1000, token), false);
    token.cancel();
  }
  loop.settle();
}

}  // namespace
}  // namespace hdb
