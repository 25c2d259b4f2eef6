// Sessions whose peer is gone without a word, and a primary that is silent for a while.
#include <string>

#include "gtest/gtest.h"
#include "test/unit/support/pool_fixture.hpp"

namespace hdb {
namespace {

using test::Box;
using test::FakeServer;

constexpr const char* kInsert = "insert into t values (1)";

class HalfOpenTest : public test::PoolFixture {
 protected:
  /// Every connection so far leads nowhere from now on; new ones work.
  static void forget_connections(FakeServer& server) {
    server.cut();
    server.heal();
  }
};

TEST_F(HalfOpenTest, ASessionThatNobodyAcknowledgesIsLostWhileItsHostAnswers) {
  FakeServer& a = primary("a");
  open_calm();
  run(kInsert);
  forget_connections(a);
  const Box<ResultSet> answer = query(kInsert);
  loop.advance(milliseconds(999));
  EXPECT_EQ(told(answer), "waits");
  loop.advance(milliseconds(1));
  EXPECT_EQ(told(answer), "IN_DOUBT");
  EXPECT_EQ(answer.error().outcome, Outcome::kUnknown);
  EXPECT_EQ(count<HostDownEvent>(), 0);  // it is that session, not the node
  EXPECT_EQ(told(run(kInsert)), "ok a");
}

TEST_F(HalfOpenTest, AReadIsAskedAgainAndNotOnAnotherDeadSession) {
  FakeServer& a = primary("a");
  options.pool_size = 4;
  options.min_idle = 4;
  open_calm();
  run("select 1");
  forget_connections(a);
  const Box<ResultSet> answer = query("select 1");
  loop.advance(milliseconds(1000));
  EXPECT_EQ(told(answer), "ok a");
  EXPECT_EQ(answer.value().attempts, 2u);
}

TEST_F(HalfOpenTest, ALongStatementIsAcknowledgedAndGoesOn) {
  primary("a");
  open_calm();
  const Box<ResultSet> answer = query("select pg_sleep(60)");
  loop.advance(milliseconds(59'000));
  EXPECT_EQ(told(answer), "waits");
  loop.advance(milliseconds(1000));
  EXPECT_EQ(told(answer), "ok a");
}

TEST_F(HalfOpenTest, WhereTheHostIsSilentTooItsSessionIsWaitedFor) {
  FakeServer& a = primary("a");
  open_calm();
  run(kInsert);
  a.cut();
  const Box<ResultSet> answer = query(kInsert);
  loop.advance(milliseconds(9000));
  EXPECT_EQ(told(answer), "waits");
  loop.advance(milliseconds(2000));  // TCP gives up
  EXPECT_EQ(told(answer), "IN_DOUBT");
}

TEST_F(HalfOpenTest, APrimaryThatThawsAnswersWhatItWasAskedBefore) {
  FakeServer& a = primary("a");
  standby("b");
  open_calm();
  run(kInsert);
  a.freeze();
  const Box<ResultSet> answer = query(kInsert);
  loop.advance(milliseconds(6000));
  EXPECT_EQ(count<HostDownEvent>(), 1);
  EXPECT_EQ(told(answer), "waits");
  a.thaw();
  loop.advance(milliseconds(100));
  EXPECT_EQ(told(answer), "ok a");
  EXPECT_EQ(a.stored.size(), 2u);
  loop.advance(milliseconds(5000));
  EXPECT_EQ(told(run(kInsert)), "ok a");
}

TEST_F(HalfOpenTest, UntilAnotherNodeHasTakenOver) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  open_calm();
  run(kInsert);
  a.freeze();
  const Box<ResultSet> answer = query(kInsert);
  loop.advance(milliseconds(6000));
  EXPECT_EQ(told(answer), "waits");
  b.promote();
  loop.advance(milliseconds(500));
  EXPECT_EQ(told(answer), "IN_DOUBT");
  EXPECT_EQ(told(run(kInsert)), "ok b");
}

TEST_F(HalfOpenTest, ASilentStandbyIsNotWaitedFor) {
  primary("a");
  FakeServer& b = standby("b");
  standby("c");
  open_calm();
  b.freeze();
  const Box<ResultSet> first = query("select 1", {.mode = Mode::kReadOnly});
  const Box<ResultSet> second = query("select 1", {.mode = Mode::kReadOnly});
  loop.advance(milliseconds(8000));
  EXPECT_EQ(told(first), "ok c");
  EXPECT_EQ(told(second), "ok c");
}

}  // namespace
}  // namespace hdb
