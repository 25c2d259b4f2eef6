// Connections that are closed although they work: unused, old, or silent.
#include "pool/housekeeper.hpp"

#include <algorithm>
#include <vector>

#include "gtest/gtest.h"
#include "test/unit/support/pool_fixture.hpp"

namespace hdb {
namespace {

using test::Box;
using test::FakeServer;

class HousekeeperTest : public test::PoolFixture {};

TEST_F(HousekeeperTest, UnusedSessionsAreClosedDownToTheMinimum) {
  FakeServer& a = primary("a");
  options.min_idle = 1;
  options.idle_timeout = milliseconds(5000);
  open_calm();
  a.hold("select 1");
  for (int i = 0; i < 6; ++i) query("select 1");
  loop.advance(milliseconds(100));
  a.release("select 1");
  loop.advance(milliseconds(100));
  EXPECT_EQ(gauges->size.read(), 6);
  loop.advance(milliseconds(10000));
  EXPECT_EQ(gauges->size.read(), 1);
}

TEST_F(HousekeeperTest, OldSessionsAreReplacedWhenTheyAreFree) {
  primary("a");
  options.min_idle = 2;
  options.max_lifetime = milliseconds(20000);
  open_calm();
  const int made = net.made();
  loop.advance(milliseconds(60000));
  EXPECT_EQ(gauges->size.read(), 2);
  EXPECT_GE(net.made() - made, 4);
  EXPECT_LE(net.made() - made, 10);
}

TEST_F(HousekeeperTest, ASessionThatIsNeverFreeIsReplacedToo) {
  FakeServer& a = primary("a");
  options.pool_size = 1;
  options.max_lifetime = milliseconds(20000);
  options.max_waiting = 100000;
  options.acquire_timeout = milliseconds(60000);
  open_calm();
  run("select 1");
  a.latency = milliseconds(1);
  std::vector<Box<ResultSet>> boxes;
  for (int i = 0; i < 25000; ++i) {  // twice as many as it can answer
    boxes.push_back(query("select 1"));
    loop.advance(milliseconds(1));
    ASSERT_EQ(gauges->available.read(), 0);
  }
  const auto hosts = gauges->hosts.read();
  EXPECT_GE(hosts->front()->evictions[static_cast<std::size_t>(Eviction::kLifetime)].read(), 1u);
  loop.advance(milliseconds(30000));
  for (const auto& box : boxes) ASSERT_EQ(told(box), "ok a");
}

TEST_F(HousekeeperTest, AnOldSpareSessionIsReplaced) {
  primary("a");
  FakeServer& b = standby("b");
  options.max_lifetime = milliseconds(20000);
  open_calm();
  run(kInsert);
  loop.advance(milliseconds(2000));
  const auto dials = b.dials.size();
  const auto sessions = b.sessions();
  loop.advance(milliseconds(30000));
  EXPECT_GT(b.dials.size(), dials);
  EXPECT_EQ(b.sessions(), sessions);
  const bool is_told = std::any_of(events.begin(), events.end(), [](const ClusterEvent& event) {
    const auto* closed = std::get_if<SessionClosedEvent>(&event);
    return closed != nullptr && closed->host == "b:5432" && closed->was_open;
  });
  EXPECT_TRUE(is_told);
}

TEST_F(HousekeeperTest, ASilentPrimaryThatWasReplacedIsLeft) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  open_calm();
  run(kInsert);
  run("select 1");
  a.freeze();
  const auto write = query(kInsert);
  const auto read = query("select 1");
  loop.advance(milliseconds(2500));
  b.promote();
  loop.advance(milliseconds(1500));
  // Nobody waits for the thaw: a newer epoch elsewhere ends the wait.
  EXPECT_EQ(write.error().kind, ErrorKind::kInDoubt);
  EXPECT_EQ(told(read), "ok b");
  EXPECT_EQ(told(run(kInsert)), "ok b");
  a.kill();
}

TEST_F(HousekeeperTest, ASilentStatementMakesTheClientAskTheOthers) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  open_calm();
  a.hold("select 1");
  const auto answer = query("select 1");
  loop.settle();
  const auto before = b.log.size();
  loop.advance(milliseconds(1200));
  EXPECT_GE(b.log.size(), before + 2);  // the monitor is in a hurry
  a.release("select 1");
  loop.settle();
  EXPECT_EQ(told(answer), "ok a");
}

}  // namespace
}  // namespace hdb
