// The life of a pool: its hosts, its gauges, its end.
#include "pool/pool_core.hpp"

#include <optional>

#include "gtest/gtest.h"
#include "test/unit/support/pool_fixture.hpp"

namespace hdb {
namespace {

using test::Box;
using test::FakeAnswer;
using test::FakeServer;
using test::FakeStatement;
using test::report;

class PoolCoreTest : public test::PoolFixture {};

TEST_F(PoolCoreTest, SessionsOfAFencedNodeAreClosed) {
  FakeServer& a = primary("a");
  standby("b");
  options.min_idle = 3;
  open_calm();
  a.fence();
  query("select 1");
  loop.advance(milliseconds(1500));
  EXPECT_EQ(a.sessions(), 1u);  // the monitor's
  EXPECT_EQ(cluster->topology().find(a.host())->role, HostRole::kFenced);
}

TEST_F(PoolCoreTest, AnOldPrimaryThatReturnsGetsNoWrites) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  open_calm();
  run(kInsert);
  a.kill();
  loop.advance(milliseconds(500));
  b.promote();
  loop.advance(milliseconds(500));
  a.start();  // writable, on its old timeline
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(told(run(kInsert)), "ok b");
    loop.advance(milliseconds(100));
  }
  EXPECT_EQ(a.runs(kInsert), 1);
  EXPECT_EQ(cluster->topology().find(a.host())->role, HostRole::kQuarantined);
}

TEST_F(PoolCoreTest, FollowsAnotherListOfHosts) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  options.min_idle = 1;
  open_calm();
  run(kInsert);
  run("select 1");
  a.freeze();
  const auto write = query(kInsert);
  const auto read = query("select 1");
  loop.settle();
  // The application knows better: the old host is gone, the other one is promoted.
  b.promote();
  Cluster other(loop, net, make_topology({b.host()}), 2);
  pool->move_to(other, {b.host()});
  loop.advance(milliseconds(500));
  EXPECT_EQ(write.error().kind, ErrorKind::kInDoubt);
  EXPECT_EQ(told(read), "ok b");
  EXPECT_EQ(told(run(kInsert)), "ok b");
  EXPECT_TRUE(cluster->is_empty());
  a.thaw();
  loop.advance(milliseconds(100));
  EXPECT_EQ(a.sessions(), 0u);
  close();
}

TEST_F(PoolCoreTest, PausesForADelay) {
  primary("a");
  open();
  Box<Unit> box;
  pool->pause(milliseconds(100), box.completion());
  loop.advance(milliseconds(99));
  EXPECT_FALSE(box.is_settled());
  loop.advance(milliseconds(1));
  EXPECT_TRUE(box.is_ok());
}

TEST_F(PoolCoreTest, AClosedPoolRefusesBatchesAndHasEndedAlready) {
  FakeServer& a = primary("a");
  open_calm();
  EXPECT_TRUE(batch({kInsert, "select 1"}).is_ok());
  pool->end(milliseconds(1000), {});  // nobody waits for it
  loop.settle();
  ASSERT_EQ(gauges->is_closed.read(), 1);
  const auto refused = batch({kInsert, "select 1"});
  EXPECT_EQ(refused.error().kind, ErrorKind::kPoolClosed);
  EXPECT_EQ(refused.error().outcome, Outcome::kNotSent);
  EXPECT_EQ(told(run(kInsert)), "POOL_CLOSED");
  EXPECT_EQ(a.stored.size(), 1u);
  Box<Unit> again;
  pool->end(milliseconds(1000), again.completion());
  EXPECT_TRUE(again.is_ok());
  pool->end(milliseconds(1000), {});
}

TEST_F(PoolCoreTest, ClosingFailsWhatIsToBeRunAgainLater) {
  FakeServer& a = primary("a");
  options.retry.base_delay = milliseconds(60000);
  options.retry.max_delay = milliseconds(60000);
  a.answers = [](const FakeStatement& statement) -> std::optional<FakeAnswer> {
    if (statement.sql != kInsert) return std::nullopt;
    FakeAnswer answer;
    answer.error = report("40001", "could not serialize access");
    return answer;
  };
  open_calm();
  const auto answer = run(kInsert, Call{.retry = true});
  EXPECT_EQ(told(answer), "waits");
  EXPECT_EQ(gauges->waiting.read(), 1);
  pool->close_now();
  EXPECT_EQ(told(answer), "POOL_CLOSED");
  EXPECT_FALSE(answer.error().causes.empty());  // and what it met before
  loop.advance(milliseconds(120000));
  EXPECT_EQ(answer.times(), 1u);
  EXPECT_EQ(a.runs(kInsert), 1);
}

TEST_F(PoolCoreTest, WhoeverHearsOfANewSessionMayCloseThePool) {
  FakeServer& a = primary("a");
  open_calm();
  pool->listen(Callback<ClusterEvent>([this](const ClusterEvent& event) {
    if (std::holds_alternative<SessionOpenedEvent>(event)) pool->close_now();
  }));
  const auto answer = run(kInsert);
  EXPECT_EQ(told(answer), "POOL_CLOSED");
  EXPECT_TRUE(a.stored.empty());
  EXPECT_EQ(gauges->size.read(), 0);
}

TEST_F(PoolCoreTest, WhoeverHearsOfThePrimaryMayCloseThePool) {
  FakeServer& a = primary("a");
  open();
  pool->listen(Callback<ClusterEvent>([this](const ClusterEvent& event) {
    if (std::holds_alternative<PrimaryChangedEvent>(event)) pool->close_now();
  }));
  const auto answer = query(kInsert);
  loop.advance(milliseconds(1000));
  EXPECT_EQ(told(answer), "POOL_CLOSED");
  EXPECT_TRUE(a.stored.empty());
  EXPECT_EQ(a.sessions(), 0u);
}

TEST_F(PoolCoreTest, EndingAnIdlePoolClosesItsSessions) {
  FakeServer& a = primary("a");
  options.min_idle = 2;
  open_calm();
  Box<Unit> ended;
  pool->end(milliseconds(5000), ended.completion());
  loop.settle();
  EXPECT_TRUE(ended.is_ok());
  EXPECT_EQ(a.sessions(), 0u);
  EXPECT_EQ(gauges->size.read(), 0);
  EXPECT_EQ(run("select 1").error().kind, ErrorKind::kPoolClosed);
}

TEST_F(PoolCoreTest, EndingLetsRunningAndWaitingWorkFinish) {
  FakeServer& a = primary("a");
  options.pool_size = 1;
  open_calm();
  a.hold("select 1");
  const auto running = query("select 1");
  loop.settle();
  const auto waiting = query("select 2");
  Box<Unit> ended;
  Box<Unit> again;
  pool->end(milliseconds(5000), ended.completion());
  pool->end(milliseconds(5000), again.completion());
  EXPECT_EQ(run("select 3").error().kind, ErrorKind::kPoolClosed);
  EXPECT_FALSE(ended.is_settled());
  a.release("select 1");
  loop.advance(milliseconds(100));
  EXPECT_EQ(told(running), "ok a");
  EXPECT_EQ(told(waiting), "ok a");
  EXPECT_TRUE(ended.is_ok());
  EXPECT_TRUE(again.is_ok());
  Box<Unit> third;
  pool->end(milliseconds(0), third.completion());
  EXPECT_TRUE(third.is_ok());
}

TEST_F(PoolCoreTest, EndingCancelsWhatRunsAtTheDrainLimit) {
  FakeServer& a = primary("a");
  open_calm();
  a.hold(kInsert);
  const auto running = query(kInsert);
  loop.settle();
  Box<Unit> ended;
  pool->end(milliseconds(1000), ended.completion());
  loop.advance(milliseconds(999));
  EXPECT_FALSE(ended.is_settled());
  EXPECT_EQ(a.cancels, 0);
  loop.advance(milliseconds(1));
  EXPECT_EQ(a.cancels, 1);
  EXPECT_TRUE(ended.is_ok());
  EXPECT_EQ(running.error().kind, ErrorKind::kPoolClosed);
  EXPECT_EQ(running.error().outcome, Outcome::kRolledBack);
}

TEST_F(PoolCoreTest, EndingWaitsForACancelOnlySoLong) {
  FakeServer& a = primary("a");
  a.ignores_cancel = true;
  open_calm();
  a.hold(kInsert);
  const auto running = query(kInsert);
  loop.settle();
  Box<Unit> ended;
  pool->end(milliseconds(1000), ended.completion());
  loop.advance(milliseconds(1000) + options.cancel_timeout - milliseconds(1));
  EXPECT_FALSE(ended.is_settled());
  loop.advance(milliseconds(1));
  EXPECT_TRUE(ended.is_ok());
  EXPECT_EQ(running.error().kind, ErrorKind::kPoolClosed);
  EXPECT_EQ(running.error().outcome, Outcome::kUnknown);
  a.release(kInsert);
}

TEST_F(PoolCoreTest, EndingWhileThereIsNoPrimaryFailsWhatWaitsAtTheDrainLimit) {
  primary("a").kill();
  open();
  const auto waiting = query(kInsert);
  loop.settle();
  Box<Unit> ended;
  pool->end(milliseconds(1000), ended.completion());
  loop.advance(milliseconds(1000));
  EXPECT_TRUE(ended.is_ok());
  EXPECT_EQ(waiting.error().kind, ErrorKind::kPoolClosed);
  EXPECT_EQ(waiting.error().outcome, Outcome::kNotSent);
}

TEST_F(PoolCoreTest, DroppingThePoolSettlesEverything) {
  FakeServer& a = primary("a");
  options.pool_size = 1;
  open_calm();
  a.hold(kInsert);
  const auto running = query(kInsert);
  const auto waiting = query(kInsert);
  Box<Unit> pause;
  pool->pause(milliseconds(10000), pause.completion());
  loop.settle();
  pool.reset();
  EXPECT_TRUE(running.is_error());
  EXPECT_TRUE(waiting.is_error());
  EXPECT_TRUE(pause.is_settled());
  a.release(kInsert);
}

TEST_F(PoolCoreTest, AListenerMayNotHearOfAPoolThatIsGone) {
  FakeServer& a = primary("a");
  open_calm();
  const auto before = events.size();
  pool.reset();
  a.kill();
  loop.advance(milliseconds(5000));
  EXPECT_EQ(events.size(), before);
  a.start();
}

TEST_F(PoolCoreTest, TheGaugesAddUp) {
  FakeServer& a = primary("a");
  options.pool_size = 5;
  options.min_idle = 2;
  open_calm();
  a.hold("select 1");
  for (int i = 0; i < 3; ++i) query("select 1");
  loop.advance(milliseconds(100));
  EXPECT_EQ(gauges->in_use.read(), 3);
  EXPECT_EQ(gauges->size.read(), gauges->in_use.read() + gauges->available.read());
  a.release("select 1");
  loop.settle();
  EXPECT_EQ(gauges->in_use.read(), 0);
}

}  // namespace
}  // namespace hdb
